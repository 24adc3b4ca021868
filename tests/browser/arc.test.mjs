// ARC on the page: a task from a file, a drop or the clipboard, its examples beside the board, one's own boards, and a model of
// one's own that knows tasks by name.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { browser, headline, ready, silent, start, tab } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };
const TASK = '{"train": [{"input": [[1, 2]], "output": [[3], [4]]}, {"input": [[0, 0, 0]], "output": [[9]]}],\n "test": [{"input": [[5, 6], [7, 8]]}]}';

/** A small untrained model for ARC, as files that a visitor chooses; it knows the task a1 in two forms. */
function model() {
  const config = {
    family: 'trm', task: 'arc', H_cycles: 1, L_cycles: 1, H_layers: 0, L_layers: 1, hidden_size: 16, num_heads: 2, expansion: 1.0, pos_encodings: 'rope',
    rope_theta: 10000.0, rms_norm_eps: 1e-5, puzzle_emb_ndim: 16, puzzle_emb_len: 16, halt_max_steps: 2, forward_dtype: 'float32', seq_len: 900,
    vocab_size: 12, num_puzzle_identifiers: 3, loss_type: 'softmax_cross_entropy', mlp_t: false, no_ACT_continue: true,
  };
  const layer = { 'self_attn.qkv_proj': [48, 16], 'self_attn.o_proj': [16, 16], 'mlp.gate_up_proj': [512, 16], 'mlp.down_proj': [16, 256] };
  const shapes = {
    H_init: [16], L_init: [16], 'embed_tokens.embedding_weight': [12, 16], 'lm_head.weight': [12, 16], 'q_head.weight': [2, 16], 'q_head.bias': [2], 'puzzle_emb.weights': [3, 16],
    ...Object.fromEntries(Object.entries(layer).map(([name, shape]) => [`L_level.layers.0.${name}.weight`, shape])),
  };
  let [seed, at] = [1, 0];
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5;
  const header = {};
  const values = [];
  for (const [name, shape] of Object.entries(shapes)) {
    const count = shape.reduce((a, b) => a * b);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, (at += 4 * count)] };
    values.push(Float32Array.from({ length: count }, random));
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const buffer = Buffer.concat([length, text, ...values.map((all) => Buffer.from(all.buffer))]);
  const json = (name, data) => ({ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(data)) });
  return [{ name: 'model.safetensors', mimeType: 'application/octet-stream', buffer }, json('config.json', config), json('identifiers.json', ['<blank>', 'a1', 'a1|||t1|||0213456789'])];
}

/** The rows of the board that is seen. */
const rows = (page) =>
  page.$$eval('#board [role=row]:not([hidden])', (all) => all.map((row) => [...row.children].filter((cell) => !cell.hidden).map((cell) => cell.textContent || '.').join('')));
const examples = (page) => page.$$eval('#examples-list li', (all) => all.map((item) => item.ariaLabel));

/** Lets a file fall on the page. */
function drop(page, name, text) {
  return page.evaluate(({ name, text }) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([text], name, { type: 'application/json' }));
    document.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }, { name, text });
}

test('undo brings back the examples that belong to a grid', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  await page.click('#tasks [data-name=arc]');
  await drop(page, 'a1.json', TASK);
  const title = (name) => page.waitForFunction((name) => document.querySelector('#examples-title').textContent === `${name}: examples`, name);
  await title('a1');
  await drop(page, 'c3.json', TASK.replace('[7, 8]', '[1, 2]'));
  await title('c3');
  assert.deepEqual(await rows(page), ['56', '12']);
  await page.click('#undo');
  await title('a1');
  assert.deepEqual(await rows(page), ['56', '78']);
  await page.click('#redo');
  await title('c3');
  silent(said);
  await context.close();
});

test('a task falls on the page, is seen with its examples, and is asked of a model that knows it by name', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  await page.click('#tasks [data-name=arc]');
  assert.equal((await examples(page)).length, 3, 'there is a question of our own to look at');
  await drop(page, 'a1.json', TASK);
  await page.waitForFunction(() => document.querySelector('#examples-title').textContent === 'a1: examples');
  assert.deepEqual(await rows(page), ['56', '78']);
  assert.deepEqual(await examples(page), ['Example 1: 1 by 2 cells become 2 by 1 cells', 'Example 2: 1 by 3 cells become 1 by 1 cells']);

  await page.click('#options summary');
  await page.setInputFiles('#files', model());
  await ready(page);
  await page.fill('#tries-most', '2');
  await page.click('#solve');
  await headline(page, 'Answered');
  assert.equal(await page.locator('#tries button').count(), 2, 'it knows two forms');
  const answer = await rows(page);
  assert.ok(answer.length >= 1 && answer.every((row) => row.length === answer[0].length), answer.join('/'));
  await page.click('#first');
  assert.deepEqual(await rows(page), ['56', '78']);
  assert.equal(await page.getAttribute('#board', 'aria-rowcount'), '2');

  // The address holds all of it.
  await page.waitForFunction(() => location.hash.startsWith('#arc~a1~12~3-4~000~9~56-78'));
  await page.reload();
  await ready(page);
  assert.equal((await examples(page)).length, 2);

  // A task that the model does not know: a reason, or the blank identifier.
  await page.click('#options summary');
  await page.setInputFiles('#files', model());
  await ready(page);
  await drop(page, 'b2.json', TASK);
  await page.waitForFunction(() => document.querySelector('#examples-title').textContent === 'b2: examples');
  await ready(page);
  await page.click('#solve');
  await page.waitForFunction(() => /no identifier for it/.test(document.querySelector('#alert').textContent));
  await page.check('#unknown');
  await page.click('#solve');
  await headline(page, 'Answered');
  silent(said);
  await context.close();
});

test('the bundled model answers questions of every family, and says which tasks it knows', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  await page.click('#tasks [data-name=arc]');
  await ready(page);
  const families = await page.$$eval('#puzzles [data-puzzles]', (all) => all.map((button) => button.textContent));
  assert.deepEqual(families, ['Recolour', 'Mirror', 'Fill', 'Gravity', 'Count', 'Connect', 'Crop', 'Repeat']);
  for (const family of families) {
    await page.click(`#puzzles [data-puzzles=${family}]`);
    await page.click('#solve');
    await headline(page, 'Answered');
  }
  // What the network tells of its own canvas of 10×10 stands where the page has that cell.
  const moved = await page.evaluate(async () => {
    const { arc } = await import('/tasks/arc/index.js');
    const values = arc.ofCells(Float32Array.from({ length: 100 }, (_, token) => token));
    return [values.length, values[0], values[9], values[10], values[30], values[9 * 30 + 9], values[10 * 30]];
  });
  assert.deepEqual(moved, [900, 0, 9, 0, 10, 99, 0]);
  await page.goto(`${site.url}#arc~nothing~12~3-4~000~9~56-78`);
  await page.reload();
  await ready(page);
  await page.click('#solve');
  await page.waitForFunction(() => /no identifier for it.*gravity-down/.test(document.querySelector('#alert').textContent));
  silent(said);
  await context.close();
});

test('boards of any size are drawn with ten colours by pointer, keys and finger', async () => {
  const { page, said, context } = await tab(cpu, { ...calm, hasTouch: true });
  await page.goto(`${site.url}#arc~~10-00`);
  await page.waitForFunction(() => document.querySelector('#board').ariaLabel === 'ARC');
  assert.ok(await page.isHidden('#examples'));
  await page.click('#brushes [data-glyph="7"]');
  const cell = (number) => page.locator('[role=gridcell]').nth(number);
  await cell(1).click();
  await cell(30).tap();
  assert.deepEqual(await rows(page), ['17', '70']);
  await page.fill('#rows', '3');
  await page.fill('#columns', '4');
  await page.press('#columns', 'Enter');
  assert.deepEqual(await rows(page), ['1700', '7000', '0000']);
  await cell(30).focus();
  for (const key of ['ArrowDown', '3', 'End', '4', 'Home', 'ArrowUp', '5', 'Control+End', '9']) await page.keyboard.press(key);
  // The cursor moves on after each, and from the last cell to the first.
  assert.deepEqual(await rows(page), ['1700', '7000', '5009']);
  await page.click('#undo');
  assert.deepEqual(await rows(page), ['1700', '7000', '5004']);
  await page.click('#options summary');
  const ink = () => cell(1).evaluate((cell) => getComputedStyle(cell).color);
  const ground = () => cell(1).evaluate((cell) => getComputedStyle(cell).backgroundColor);
  assert.equal(await ink(), 'rgba(0, 0, 0, 0)');
  assert.equal(await ground(), 'rgb(255, 133, 27)');
  await page.check('#digits');
  await page.check('#safe');
  assert.equal(await ink(), 'rgb(0, 0, 0)');
  assert.equal(await ground(), 'rgb(250, 170, 8)');
  assert.equal(await cell(1).getAttribute('aria-label'), 'row 1, column 2: orange');
  silent(said);
  await context.close();
});

test('the ten colours are those of the other faces', async () => {
  const css = readFileSync(new URL('../../examples/web/page/style.css', import.meta.url), 'utf8');
  const rust = readFileSync(new URL('../../src/tasks/drawing.rs', import.meta.url), 'utf8');
  const ours = [...css.matchAll(/--c\d: #([0-9a-f]{6})/g)].map(([, colour]) => colour);
  const theirs = [...rust.matchAll(/0x([0-9a-f]{6})/g)].map(([, colour]) => colour);
  assert.equal(ours.length, 20);
  assert.deepEqual(ours, theirs);
});
