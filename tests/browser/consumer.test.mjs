// The package as a developer gets it: packed, installed into a fresh Vite project in strict TypeScript that holds the code
// of the package's README, built, and run under a strict Content-Security-Policy.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { browser, silent, start, tab } from './site.mjs';

const source = join(import.meta.dirname, '../../crates/web/npm');
const readme = readFileSync(join(source, 'README.md'), 'utf8');
const run = (folder, ...command) => execFileSync(command[0], command.slice(1), { cwd: folder, encoding: 'utf8', stdio: 'pipe' });

let folder, packed;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'hrm-consumer-'));
  [packed] = JSON.parse(run(source, 'npm', 'pack', '--json', '--pack-destination', folder));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds what it should, and nothing else', () => {
  const files = packed.files.map(({ path }) => path);
  for (const path of files) {
    assert.match(path, /^(dist\/([a-z]+\.js|(index|solver|types|errors|bundled)\.d\.ts|core\/(hrm_core\.js|hrm_core_bg\.wasm|types\.d\.ts))|models\/(sudoku|maze)\/(config\.json|model\.safetensors)|README\.md|LICENSE-(MIT|APACHE)|package\.json)$/);
  }
  for (const path of ['dist/index.js', 'dist/index.d.ts', 'dist/worker.js', 'dist/core/hrm_core_bg.wasm', 'LICENSE-MIT']) {
    assert.ok(files.includes(path), path);
  }
  const { dependencies, sideEffects } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  assert.deepEqual([dependencies, sideEffects], [undefined, ['./dist/worker.js']]);
  for (const path of files.filter((path) => path.endsWith('.d.ts'))) {
    assert.doesNotMatch(readFileSync(join(source, path), 'utf8'), /: any\b|<any>|\bany\[\]|\bas any\b/, `${path} has no any`);
  }
});

test('the sizes that its README states are right', () => {
  const read = (path) => readFileSync(join(source, path));
  const scripts = packed.files.map(({ path }) => path).filter((path) => path.endsWith('.js')).map(read);
  for (const [name, parts] of [
    ['scripts', scripts],
    ['`hrm_core_bg.wasm`', [read('dist/core/hrm_core_bg.wasm')]],
    ['model `sudoku`', [read('models/sudoku/model.safetensors')]],
    ['model `maze`, fetched when asked for', [read('models/maze/model.safetensors')]],
  ]) {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${name} |`));
    const [raw, zipped] = row.split('|').slice(2, 4).map(Number);
    const sum = (size) => parts.reduce((total, part) => total + size(part), 0) / 1e3;
    assert.ok(Math.abs(raw / sum((part) => part.length) - 1) < 0.1, `${name}: ${sum((part) => part.length)} kB`);
    assert.ok(Math.abs(zipped / sum((part) => gzipSync(part).length) - 1) < 0.1, `${name}: ${sum((part) => gzipSync(part).length)} kB gzipped`);
  }
});

test('a fresh Vite project with the code of the README builds, runs and solves', async () => {
  const project = join(folder, 'project');
  cpSync(join(import.meta.dirname, 'consumer'), project, { recursive: true });
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code]) => code);
  assert.ok(blocks.length >= 4);
  mkdirSync(join(project, 'src'));
  blocks.forEach((code, index) => writeFileSync(join(project, 'src', index ? `readme-${index}.ts` : 'main.ts'), code));
  run(project, 'npm', 'ci', '--no-audit', '--no-fund');
  run(project, 'npm', 'install', '--no-save', '--no-audit', '--no-fund', join(folder, packed.filename));
  run(project, 'npm', 'run', 'build');
  const built = readdirSync(join(project, 'dist/assets'));
  assert.equal(built.filter((file) => file.endsWith('.safetensors')).length, 2);

  const policy = readme.match(/`(script-src [^`]*)`/)[1];
  const site = await start({ root: join(project, 'dist'), policy: `default-src 'none'; img-src data:; ${policy}` });
  const chromium = await browser();
  const { page, said } = await tab(chromium);
  const lines = [];
  page.on('console', (message) => lines.push(message.text()));
  await page.goto(site.url);
  for (let i = 0; i < 300 && !lines.some((line) => line.startsWith('solved')); i++) await page.waitForTimeout(100);
  await Promise.all([site.stop(), chromium.close()]);
  assert.match(lines[0], /^segment 1: [1-9]{81}$/);
  assert.equal(lines.at(-1), 'solved 534678912672195348198342567859761423426853791713924856961537284287419635345286179');
  silent(said);
});
