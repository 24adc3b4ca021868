// The page, as visitors use it.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browser, DEEP, EASY, EASY_ANSWER, grid, headline, ready, silent, start, tab } from './site.mjs';

let site, cpu, gpu;
before(async () => {
  [site, cpu, gpu] = await Promise.all([start(), browser(), browser({ webgpu: true })]);
});
after(() => Promise.all([site?.stop(), cpu?.close(), gpu?.close()]));

/** Waits until the page could do without a connection. */
function offline(page) {
  return page.waitForFunction(() => /without a connection/.test(document.querySelector('#offline').textContent));
}

const calm = { reducedMotion: 'reduce' };

test('a puzzle is typed and solved on the CPU, which the page says', async (t) => {
  const sent = [];
  const own = await start({ onSend: (path, bytes) => sent.push([path, bytes]) });
  const { page, said, context } = await tab(cpu, calm);
  const begin = performance.now();
  await page.goto(own.url);
  await ready(page);
  t.diagnostic(`ready after ${Math.round(performance.now() - begin)} ms`);
  await offline(page);
  const isLater = ([path]) => /\/models\/(?!sudoku)/.test(path);
  const transferred = sent.filter((one) => !isLater(one)).reduce((sum, [, bytes]) => sum + bytes, 0);
  t.diagnostic(`first load: ${(transferred / 1e6).toFixed(2)} MB transferred`);
  assert.ok(transferred > 1e6 && transferred < 2e6, `${transferred} bytes`);
  assert.deepEqual(sent.slice(sent.findIndex(isLater)).map(([path]) => path.split('/').at(-2)), ['arc', 'maze'], 'other models come last, when there is time');
  assert.deepEqual(sent.map(([path]) => path.split('/').at(-1)).filter((file) => file.endsWith('.wasm')), ['hrm_core_relaxed_bg.wasm'], 'one program');
  const twice = sent.map(([path]) => path).filter((path, i, all) => path.includes('.') && all.indexOf(path) !== i);
  assert.deepEqual(twice, [], 'nothing is sent twice');
  await page.click('#clear');
  await page.click('[role=gridcell]');
  for (const mark of EASY) await page.keyboard.press(mark);
  assert.equal(await grid(page), EASY);
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.equal(await grid(page), EASY_ANSWER);
  assert.match(await page.textContent('#details'), /^1 segment, then the rules were kept\. \d+\u00a0ms\.$/);
  assert.match(await page.textContent('#device-name'), /CPU.*no WebGPU adapter/);
  assert.match(await page.textContent('#say'), /Solved/);
  silent(said);
  await context.close();
  await own.stop();
});

test('WebGPU can be chosen, and solves', async () => {
  const { page, said, context } = await tab(gpu, calm);
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.selectOption('#device', 'webgpu');
  await ready(page);
  assert.match(await page.textContent('#device-name'), /SwiftShader/i);
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.equal(await grid(page), EASY_ANSWER);
  silent(said);
  await context.close();
});

test('where WebGPU is asked for in vain, the page says so and goes on', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.selectOption('#device', 'webgpu');
  await page.waitForFunction(() => /no WebGPU adapter/.test(document.querySelector('#alert').textContent));
  await ready(page);
  assert.equal(await page.inputValue('#device'), 'auto');
  await page.click('#solve');
  await headline(page, 'Solved');
  silent(said);
  await context.close();
});

test('by keyboard alone: typing, solving, looking at segments, undoing', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.role === 'gridcell')) break;
  }
  const here = () => page.evaluate(() => document.activeElement.ariaLabel);
  assert.equal(await here(), 'row 1, column 1: empty');
  await page.keyboard.press('ArrowRight');
  assert.equal(await here(), 'row 1, column 2: 6, given');
  await page.keyboard.press('Control+End');
  assert.equal(await here(), 'row 9, column 9: 5, given');
  await page.keyboard.press('Enter');
  await headline(page, 'Not solved');
  assert.match(await page.textContent('#details'), /16 segments, the most it was given\..*(stands more than once|became)/);
  assert.ok((await page.locator('[role=gridcell][aria-invalid=true]').count()) > 0, 'faults are marked');
  const last = await grid(page);
  await page.keyboard.press('[');
  await headline(page, 'Segment 15 of 16');
  await page.keyboard.press(']');
  await headline(page, 'Not solved');
  assert.equal(await grid(page), last);
  // The slider is a native one.
  await page.focus('#segment');
  await page.keyboard.press('Home');
  await headline(page, 'The question');
  assert.equal(await grid(page), DEEP);
  await page.focus('[role=gridcell][tabindex="0"]');
  await page.keyboard.press('1');
  assert.equal(await grid(page), `${DEEP.slice(0, -1)}1`);
  await page.keyboard.press('Control+z');
  assert.equal(await grid(page), DEEP);
  await page.keyboard.press('F1');
  assert.ok(await page.isVisible('#help-dialog'));
  await page.keyboard.press('Escape');
  assert.ok(!(await page.isVisible('#help-dialog')));
  silent(said);
  await context.close();
});

test('givens that clash are marked before anything is solved, and the solver refuses them', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#55${'.'.repeat(79)}`);
  await ready(page);
  assert.equal(await page.textContent('#headline'), 'Givens that clash');
  assert.match(await page.textContent('#details'), /5 stands more than once in row 1/);
  assert.equal(await page.locator('[aria-invalid=true]').count(), 2);
  await page.click('#solve');
  await page.waitForFunction(() => /equal givens/.test(document.querySelector('#alert').textContent));
  // The next one works.
  await page.click('#text');
  await page.fill('#text-area', EASY.slice(1));
  await page.click('#text-ok');
  await page.waitForFunction(() => /Expected 81 cells, found 80\./.test(document.querySelector('#text-error').textContent));
  const box = EASY.match(/.{9}/g).map((row) => `| ${row.match(/.{3}/g).join(' | ')} |`).join('\n');
  await page.fill('#text-area', box);
  await page.click('#text-ok');
  await page.waitForSelector('#text-dialog', { state: 'hidden' });
  assert.equal(await grid(page), EASY);
  await page.click('#solve');
  await headline(page, 'Solved');
  silent(said);
  await context.close();
});

test('the page reads what the command reads, in every form', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  const rows = EASY.match(/.{9}/g);
  const zeros = EASY.replaceAll('.', '0');
  const forms = [
    `Grid 01\n${zeros.match(/.{9}/g).join('\n')}`,
    rows.map((row) => [...row].join('\t').replaceAll('.', '')).join('\n'),
    rows.map((row) => `| ${[...row].join(' | ').replaceAll('.', ' ')} |`).join('\n'),
    JSON.stringify(rows.map((row) => [...row].map((cell) => Number(cell) || 0))),
    JSON.stringify({ puzzle: EASY }),
    `https://example.org/sudoku?bd=${zeros}`,
    EASY.replaceAll('.', '·'),
    EASY.replace(/[1-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  ];
  for (const form of forms) {
    await page.click('#clear');
    await page.click('#text');
    await page.fill('#text-area', form);
    await page.click('#text-ok');
    await page.waitForSelector('#text-dialog', { state: 'hidden' });
    assert.equal(await grid(page), EASY, form);
  }
  // A puzzle of another task, which this board cannot hold.
  await page.click('#text');
  await page.fill('#text-area', '#####\n#S G#\n#####\n#####\n#####');
  await page.click('#text-ok');
  await page.waitForFunction(() => /Expected 225 cells, found 25\./.test(document.querySelector('#text-error').textContent));
  silent(said);
  await context.close();
});

test('a solve is stopped, thought longer about, and tried in variants', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#options summary');
  await page.selectOption('#halt', 'fixed');
  await page.fill('#segments', '512');
  await page.press('#segments', 'Tab');
  await page.click('#solve');
  await page.waitForFunction(() => document.querySelector('#solve').textContent === 'Stop');
  await page.waitForFunction(() => Number(document.querySelector('#segment').max) >= 2);
  await page.click('#solve');
  await headline(page, 'Stopped, not solved');
  await page.fill('#segments', '2');
  await page.press('#segments', 'Tab');
  await page.selectOption('#halt', 'valid');
  await page.click('#solve');
  await headline(page, 'Not solved');
  assert.equal(await page.textContent('#longer'), 'Think longer: 8 segments');
  await page.click('#longer');
  await page.waitForFunction(() => document.querySelector('#segment').max === '8');
  await headline(page, 'Not solved');
  await page.click('#variants');
  await page.waitForFunction(() => document.querySelectorAll('#tries button').length > 1);
  await page.waitForFunction(() => document.querySelector('#solve').textContent === 'Solve');
  await page.waitForFunction(() => /olved/.test(document.querySelector('#headline').textContent));
  assert.match(await grid(page), /^[1-9]{81}$/, 'an answer is shown, not the question');
  silent(said);
  await context.close();
});

test('a maze is drawn with the mouse and solved; its link carries it', async () => {
  const { page, said, context } = await tab(cpu, { ...calm, permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(site.url);
  await ready(page);
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('[data-puzzles=Corridors]');
  const before = await grid(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.match(await page.locator('[role=gridcell].model').first().getAttribute('aria-label'), /path, by the model/);
  assert.equal((await grid(page)).replaceAll('●', '.'), before);
  await page.click('#clear');
  const cells = page.locator('[role=gridcell]');
  await cells.nth(17).hover();
  await page.mouse.down();
  await cells.nth(20).hover();
  await page.mouse.up();
  assert.ok((await page.locator('.solid').count()) >= 2, 'a stroke draws walls');
  await page.click('#undo');
  assert.equal(await page.locator('.solid').count(), 0, 'and is one step to undo');
  await page.click('#redo');
  await page.click('#brushes button:has-text("Start")');
  await cells.nth(3).click();
  await cells.nth(0).click();
  assert.equal((await grid(page)).replaceAll('.', '').trim(), 'S', 'there is one start');
  assert.equal(await page.textContent('#headline'), 'Not a maze yet');
  await page.click('#brushes button:has-text("Goal")');
  await cells.nth(224).click();
  await page.click('#link');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await context.newPage();
  await other.goto(link);
  await ready(other);
  assert.equal(await grid(other), await grid(page));
  silent(said);
  await context.close();
});

test('no rule of accessibility is broken, in light and dark, right and wrong', async () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  for (const colorScheme of ['light', 'dark']) {
    const { page, context } = await tab(cpu, { ...calm, colorScheme });
    for (const [puzzle, verdict] of [[EASY, 'Solved'], [DEEP, 'Not solved']]) {
      await page.goto(`${site.url}#${puzzle}`);
      await page.reload();
      await ready(page);
      await page.click('#options summary');
      await page.click('#solve');
      await headline(page, verdict);
      await page.evaluate(axe);
      const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id, help }) => `${id}: ${help}`));
      assert.deepEqual(violations, []);
    }
    await context.close();
  }
});

test('on a phone of 320 pixels nothing is cut off, and fingers do', async () => {
  const phone = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, ...calm };
  const { page, said, context } = await tab(cpu, phone);
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await wide(), 320);
  await page.locator('[role=gridcell]').nth(1).tap();
  await page.locator('#brushes button').nth(5).tap();
  assert.equal((await grid(page)).slice(0, 3), '76.');
  await page.locator('#solve').tap();
  await headline(page, 'Solved');
  assert.equal(await grid(page), EASY_ANSWER);
  await page.locator('#options summary').tap();
  assert.equal(await wide(), 320);
  const small = await page.$$eval('button', (all) =>
    all.filter((b) => b.offsetParent && b.getBoundingClientRect().height < 24).map((b) => b.textContent),
  );
  assert.deepEqual(small, [], 'buttons are large enough for a finger');
  silent(said);
  await context.close();
});

for (const [name, stub, program] of [
  ['with relaxed SIMD', '', 'hrm_core_relaxed_bg.wasm'],
  ['without relaxed SIMD', 'WebAssembly.validate = () => false;', 'hrm_core_bg.wasm'],
]) {
  test(`works without a connection after the first visit, ${name}`, async () => {
    const root = mkdtempSync(join(tmpdir(), 'hrm-page-'));
    cpSync(new URL('../../examples/web/dist/', import.meta.url), root, { recursive: true });
    const keeper = join(root, 'service-worker.js');
    writeFileSync(keeper, stub + readFileSync(keeper, 'utf8'));
    const own = await start({ root });
    const { page, said, context } = await tab(cpu, calm);
    await page.addInitScript(stub);
    await page.goto(`${own.url}#${EASY}`);
    await ready(page);
    await offline(page);
    const kept = await page.evaluate(async () => (await (await caches.open((await caches.keys())[0])).keys()).map(({ url }) => url.split('/').at(-1)));
    assert.deepEqual(kept.filter((file) => file.endsWith('.wasm')), [program]);
    // Mazes are kept once somebody has asked for them.
    await page.click('#tasks [data-name=maze]');
    await ready(page);
    await own.stop();
    await context.setOffline(true);
    await page.reload();
    for (const task of ['maze', 'sudoku']) {
      await page.click(`#tasks [data-name=${task}]`);
      await ready(page);
      await page.click('#solve');
      await headline(page, 'Solved');
    }
    silent(said);
    await context.close();
    rmSync(root, { recursive: true });
  });
}

test('a newer build is offered, and taken as a whole', async () => {
  const root = mkdtempSync(join(tmpdir(), 'hrm-page-'));
  cpSync(new URL('../../examples/web/dist/', import.meta.url), root, { recursive: true });
  const own = await start({ root });
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(own.url);
  await offline(page);
  const edit = (file, from, to) => writeFileSync(join(root, file), readFileSync(join(root, file), 'utf8').replace(from, to));
  edit('index.html', '<h1>hrm</h1>', '<h1>newer</h1>');
  edit('service-worker.js', /VERSION = '/, "VERSION = 'newer-");
  await page.reload();
  assert.equal(await page.textContent('h1'), 'hrm');
  await page.click('#update');
  await page.waitForFunction(() => document.querySelector('h1').textContent === 'newer');
  await ready(page);
  assert.deepEqual((await page.evaluate(() => caches.keys())).map((name) => name.slice(0, 14)), ['hrm-page-newer']);
  silent(said);
  await context.close();
  await own.stop();
  rmSync(root, { recursive: true });
});

test('the page is under a strict Content-Security-Policy, and keeps it', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.addInitScript(() => {
    globalThis.broken = [];
    addEventListener('securitypolicyviolation', (event) => globalThis.broken.push(event.violatedDirective));
  });
  const asked = new Set();
  context.on('request', (request) => asked.add(new URL(request.url()).origin));
  const response = await page.goto(`${site.url}#${EASY}`);
  const policy = response.headers()['content-security-policy'];
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*|https?:/);
  assert.equal(await page.getAttribute('meta[http-equiv]', 'content'), policy);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.deepEqual(await page.evaluate(() => globalThis.broken), []);
  assert.deepEqual([...asked], [new URL(site.url).origin], 'nothing goes anywhere else');
  silent(said);
  await context.close();
});

test('a model of files is opened, and one that was cut is refused', async () => {
  const folder = new URL('../../weights/sudoku/', import.meta.url);
  const [config, weights] = ['config.json', 'model.safetensors'].map((name) => readFileSync(new URL(name, folder)));
  const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.click('#options summary');
  await page.setInputFiles('#files', [file('model.safetensors', weights), file('config.json', config)]);
  await page.waitForFunction(() => document.querySelector('#model-name').textContent === 'model.safetensors');
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  const half = weights.subarray(0, weights.length / 2);
  await page.setInputFiles('#files', [file('model.safetensors', half), file('config.json', config)]);
  await page.waitForFunction(() => /ends after \d+ bytes of \d+/.test(document.querySelector('#alert').textContent));
  await ready(page);
  assert.equal(await page.textContent('#model-name'), 'the bundled one');
  await page.click('#solve');
  await headline(page, 'Solved');
  silent(said);
  await context.close();
});
