// The package as a developer gets it: packed, installed into fresh projects (one in strict TypeScript that holds the code
// of the package's README), built in the ways that bundles.mjs lists, and run under a strict Content-Security-Policy.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ANSWER, bundles } from './bundles.mjs';
import { browser, silent, start, tab } from './site.mjs';

const source = join(import.meta.dirname, '../../crates/web/npm');
const readme = readFileSync(join(source, 'README.md'), 'utf8');
const run = (folder, ...command) => execFileSync(command[0], command.slice(1), { cwd: folder, encoding: 'utf8', stdio: 'pipe', timeout: 300_000 });

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];
const policy = readme.match(/`(script-src [^`]*)`/)[1];
const strict = `default-src 'none'; img-src data:; ${policy}`;

let folder, packed, project, chromium;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hrm-consumer-'));
  const all = JSON.parse(run(source, 'npm', 'pack', '--json', '--pack-destination', folder));
  // npm 12 gives an object by name, those before a list.
  [packed] = Array.isArray(all) ? all : Object.values(all);
  project = join(folder, 'project');
  cpSync(join(import.meta.dirname, 'consumer'), project, { recursive: true });
  run(project, 'npm', 'ci', ...QUIET);
  run(project, 'npm', 'install', '--no-save', ...QUIET, join(folder, packed.filename));
  chromium = await browser();
});
after(async () => {
  await chromium?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a page says on its console until it says `last`. */
async function listen(url, last, act = () => {}) {
  const { page, said, context } = await tab(chromium);
  const lines = [];
  page.on('console', (message) => message.type() === 'log' && lines.push(message.text()));
  await page.goto(url);
  await act(page);
  for (let i = 0; last && i < 300 && !lines.some((line) => line.startsWith(last)); i++) await page.waitForTimeout(100);
  await context.close();
  return { lines, said };
}

test('the package holds what it should, and nothing else', () => {
  const files = packed.files.map(({ path }) => path);
  for (const path of files) {
    assert.match(path, /^(dist\/((index|worker)\.js|hrm_core_(relaxed_)?bg\.wasm|(index|solver|types|errors|bundled|core\/types)\.d\.ts)|models\/(sudoku|maze|arc)\/(config\.json|model\.safetensors)|README\.md|LICENSE-(MIT|APACHE)|THIRD-PARTY\.txt|package\.json)$/);
  }
  for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/worker.js', 'dist/hrm_core_bg.wasm', 'dist/hrm_core_relaxed_bg.wasm', 'LICENSE-MIT', 'THIRD-PARTY.txt']) {
    assert.ok(files.includes(path), path);
  }
  const { dependencies, sideEffects, main, exports } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  assert.deepEqual([dependencies, sideEffects], [undefined, ['./dist/worker.js']]);
  // CDNs serve `main` for the bare name, and older tools know no `exports`.
  assert.equal(main, exports['.'].default);
  for (const path of files.filter((path) => path.endsWith('.d.ts'))) {
    assert.doesNotMatch(readFileSync(join(source, path), 'utf8'), /: any\b|<any>|\bany\[\]|\bas any\b/, `${path} has no any`);
  }
});

test('the sizes that its README states are right', () => {
  const read = (path) => readFileSync(join(source, path));
  const scripts = packed.files.map(({ path }) => path).filter((path) => path.endsWith('.js')).map(read);
  for (const [name, parts] of [
    ['scripts', scripts],
    ['`hrm_core_relaxed_bg.wasm`', [read('dist/hrm_core_relaxed_bg.wasm')]],
    ['or `hrm_core_bg.wasm`', [read('dist/hrm_core_bg.wasm')]],
    ['model `sudoku`', [read('models/sudoku/model.safetensors')]],
    ...['maze', 'arc'].map((name) => [`model \`${name}\`, fetched when asked for`, [read(`models/${name}/model.safetensors`)]]),
  ]) {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${name} |`));
    const [raw, zipped] = row.split('|').slice(2, 4).map(Number);
    const sum = (size) => parts.reduce((total, part) => total + size(part), 0) / 1e3;
    assert.ok(Math.abs(raw / sum((part) => part.length) - 1) < 0.1, `${name}: ${sum((part) => part.length)} kB`);
    assert.ok(Math.abs(zipped / sum((part) => gzipSync(part).length) - 1) < 0.1, `${name}: ${sum((part) => gzipSync(part).length)} kB gzipped`);
  }
});

test('a fresh Vite project with the code of the README builds, runs and solves', async (t) => {
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
  assert.ok(blocks.length >= 4);
  mkdirSync(join(project, 'src'));
  blocks.forEach((code, index) => writeFileSync(join(project, 'src', index ? `readme-${index}.ts` : 'main.ts'), code));
  run(project, 'npm', 'run', 'build');
  const built = readdirSync(join(project, 'dist/assets'));
  assert.equal(built.filter((file) => file.endsWith('.safetensors')).length, 3, 'every bundled model');

  const site = await start({ root: join(project, 'dist'), policy: strict });
  t.after(site.stop);
  const { lines, said } = await listen(site.url, 'solved');
  assert.match(lines[0], /^segment 1: [1-9]{81}$/);
  assert.equal(lines.at(-1), `solved ${ANSWER}`);
  silent(said);
});

test('the example in React builds, solves and makes puzzles', async (t) => {
  const react = own('react');
  cpSync(join(import.meta.dirname, '../../examples/web/react'), react, { recursive: true, filter: (path) => !path.includes('node_modules') });
  run(react, 'npm', 'run', 'build');
  const site = await start({ root: join(react, 'dist'), policy: strict });
  t.after(site.stop);
  const { said } = await listen(site.url, '', async (page) => {
    await page.click('button:text("Solve")');
    await page.waitForFunction(() => document.querySelector('[role=status]').textContent === 'solved');
    assert.equal((await page.textContent('pre')).replaceAll('\n', ''), ANSWER);
    await page.click('button:text("Another one")');
    await page.waitForFunction(() => /\./.test(document.querySelector('pre').textContent));
    assert.equal(page.workers().length, 1, 'what React opened twice was freed once');
  });
  silent(said);
});

/** A folder beside the project, with its packages. */
function own(name) {
  const made = join(folder, name);
  mkdirSync(made);
  symlinkSync(join(project, 'node_modules'), join(made, 'node_modules'));
  return made;
}

/** Starts a server of a project's own; resolves to its address. */
async function serving(folder, script) {
  const server = spawn(process.execPath, [script], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const text of server.stdout.setEncoding('utf8')) {
    said += text;
    const [, url] = said.match(/at (http\S+)\n/) ?? [];
    if (url) return { url, stop: () => void server.kill() };
  }
  throw new Error(`${script} ended: ${said}`);
}

bundles.forEach(({ name, packages, files, build, serve, command, expected, complains }, index) => {
  test(`bundled by ${name}`, { skip: packages && process.env.HRM_BUNDLES !== 'all' && 'tests/browser/bundles tries it' }, async () => {
    let made = join(folder, `bundle-${index}`);
    if (packages) {
      mkdirSync(made);
      writeFileSync(join(made, 'package.json'), '{"private":true,"type":"module"}');
      run(made, 'npm', 'install', ...QUIET, ...packages, join(folder, packed.filename));
    } else {
      made = own(`bundle-${index}`);
      writeFileSync(join(made, 'package.json'), '{"private":true,"type":"module"}');
    }
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(made, path)), { recursive: true });
      writeFileSync(join(made, path), text);
    }
    if (build) run(made, process.execPath, build);
    let [lines, said] = [[], []];
    if (command) {
      const [program, ...rest] = command;
      lines = run(made, program === 'node' ? process.execPath : join(made, program), ...rest).trim().split('\n');
    } else {
      const site = serve ? await serving(made, serve) : await start({ root: join(made, 'dist'), policy: strict });
      ({ lines, said } = await listen(site.url, 'end').finally(() => site.stop()));
    }
    lines = lines.filter((line) => /^(solved|failed|end)/.test(line));
    assert.equal(lines.length, expected.length, lines.join('\n'));
    expected.forEach((want, i) => (want instanceof RegExp ? assert.match(lines[i], want) : assert.equal(lines[i], want)));
    // A script that is not there is the browser's own complaint.
    if (!complains) silent(said);
    if (packages) rmSync(made, { recursive: true, force: true });
  });
});

const SCRIPT = `async ({ Solver }, puzzle) => {
  const solver = await Solver.create();
  const { answer } = await solver.answer(puzzle);
  await solver[Symbol.asyncDispose]();
  return answer;
}`;

for (const [name, headers, from] of [
  ['a CDN: another origin', () => ({ 'access-control-allow-origin': '*' }), 'cdn'],
  ['a page with COEP, whose server does not send it with scripts', (path) => (path === '/' ? { 'cross-origin-embedder-policy': 'require-corp' } : {}), 'own'],
]) {
  test(`used from ${name}`, async (t) => {
    const root = join(folder, `site-${from}`);
    cpSync(join(project, 'node_modules/hrm-webgpu'), root, { recursive: true });
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>used</title><link rel="icon" href="data:,">');
    const cdn = await start({ root, headers });
    const site = await start({ root, policy: `worker-src 'self' blob: ${cdn.url}`, headers });
    t.after(() => Promise.all([site.stop(), cdn.stop()]));
    const { page, context } = await tab(chromium);
    await page.goto(site.url);
    const at = from === 'cdn' ? cdn.url : site.url;
    const answer = await page.evaluate(`import('${at}dist/index.js').then((hrm) => (${SCRIPT})(hrm, '${ANSWER.replaceAll('5', '.')}'))`);
    assert.equal(answer, ANSWER);
    await context.close();
  });
}
