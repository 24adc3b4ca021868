// Tasks of the page: what they say agrees with the core, and one more is a folder and a line of the registry.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { blank, browser, DEEP, EASY, grid, headline, ready, silent, start, tab, using } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

/** What a model that knows Latin squares would tell in two segments: a wrong answer, then a right one. */
const ANSWERS = ['1234214334213412', '1234341223414123'];

/** In place of the package: a solver that gives these answers. */
const PACKAGE = `
  export class HrmError extends Error { constructor(message, hint) { super(message); this.hint = hint; } }
  export class InvalidPuzzleError extends HrmError {}
  export class NoAdapterError extends HrmError {}
  export class Solver {
    device = { kind: 'cpu', name: 'a toy' };
    constructor(task) { this.model = { task, parameters: 1e6, segments: 2, seqLen: 16, dtype: 'f32' }; }
    static async create({ model }) { return new Solver(typeof model === 'string' ? model : 'latin'); }
    free() {}
    async read(text) {
      const rows = text.split('\\n');
      const cells = rows.join('').length;
      return [cells === 16 ? { task: 'latin', puzzle: text, line: 1 } : { error: 'expected 16 cells, found ' + cells, line: 1 }];
    }
    async *solve(puzzle) {
      for (const [i, grid] of ${JSON.stringify(ANSWERS)}.entries()) {
        const text = grid.match(/.{4}/g).join('\\n');
        const answer = { task: 'latin', puzzle, answer: text, valid: true, segments: 2, stopped: 'valid', ms: 2 };
        const confidences = Float32Array.from(grid, () => 0.75);
        yield { puzzle: 0, try: 0, segment: i + 1, grid: text, confidences, qHalt: i, qContinue: 0, ms: i + 1, ...(i ? { answer } : {}) };
      }
    }
  }`;

test('one more task is a folder and a line: it is read, drawn, edited and judged', async () => {
  const { page, said, context } = await tab(cpu, { reducedMotion: 'reduce' });
  const script = (body) => ({ contentType: 'text/javascript', body });
  await page.route('**/tasks/latin/index.js', (route) => route.fulfill(script(readFileSync(new URL('latin.js', import.meta.url), 'utf8'))));
  await page.route('**/tasks/index.js', async (route) => {
    const before = await (await route.fetch()).text();
    const after = before.replace(/(tasks = \[.*)\]/, '$1, latin]');
    assert.notEqual(after, before);
    await route.fulfill(script(`import { latin } from './latin/index.js';\n${after}`));
  });
  await page.route('**/hrm-webgpu/dist/index.js', (route) => route.fulfill(script(PACKAGE)));
  await page.goto(site.url);
  await ready(page);
  assert.deepEqual(await page.locator('#tasks button').allTextContents(), ['Sudoku', 'Maze', 'ARC', 'Latin square']);
  await page.click('#tasks [data-name=latin]');
  await page.waitForFunction(() => /no bundled model/.test(document.querySelector('#alert').textContent));
  assert.equal(await page.getAttribute('#board', 'aria-label'), 'Latin square');
  assert.equal(await grid(page), '1.....3....1.2..');
  assert.equal(await page.locator('#brushes [data-glyph]').count(), 5);
  await page.click('#options summary');
  await page.setInputFiles('#files', { name: 'model.safetensors', mimeType: 'application/octet-stream', buffer: Buffer.of(0) });
  await ready(page);

  await page.click('[role=gridcell]:nth-child(2)');
  await page.keyboard.press('1');
  await headline(page, 'Not a question yet');
  assert.match(await page.textContent('#details'), /1 stands more than once in row 1\./);
  assert.equal(await page.locator('[aria-invalid=true]').count(), 2);
  await page.keyboard.press('Control+z');
  await headline(page, '4 givens');
  await page.click('#text');
  assert.match(await page.textContent('#text-forms'), /A Sudoku: .* A maze: .* An ARC task: .* A Latin square: /);
  await page.fill('#text-area', '1...\n..3.\n...1\n.2.');
  await page.click('#text-ok');
  await page.waitForFunction(() => /Expected 16 cells, found 15/.test(document.querySelector('#text-error').textContent));
  await page.fill('#text-area', '1...\n..1.\n...1\n.1..');
  await page.click('#text-ok');
  await page.waitForSelector('#text-dialog', { state: 'hidden' });

  await page.click('#solve');
  await headline(page, 'Solved');
  assert.equal(await grid(page), ANSWERS[1]);
  const cell = page.locator('[role=gridcell]').nth(1);
  assert.equal(await cell.getAttribute('aria-label'), 'row 1, column 2: 2, by the model, 75\u00a0% sure');
  await page.click('#back');
  assert.equal(await grid(page), ANSWERS[0]);
  assert.match(await page.locator('[aria-invalid=true]').first().getAttribute('aria-label'), /breaks a rule/);
  silent(said);
  await context.close();
});

test('a task judges answers as the core does, and knows every symbol in them', async () => {
  for (const [model, own] of [['sudoku', [EASY, DEEP]], ['maze', []]]) {
    const { page, said, context } = await blank(cpu, site);
    const { value, error } = await using(
      page,
      async ({ Solver }, { model, own }) => {
        const { find } = await import('/tasks/index.js');
        const solver = await Solver.create({ model });
        const task = find(solver.model.task);
        const puzzles = [...own, ...Object.values(task.examples).map(([puzzle]) => puzzle)];
        const found = [];
        for (const puzzle of puzzles) {
          const { answer, valid } = await solver.answer(task.text(puzzle), { segments: 4 });
          const cells = answer.replaceAll('\n', '');
          const faults = task.rules.faults(puzzle, cells).length;
          found.push([valid, faults === 0, [...cells].every((glyph) => task.alphabet.includes(task.symbol(glyph)))]);
        }
        const sizes = [task.empty.length, solver.model.seqLen];
        solver.free();
        return { found, sizes };
      },
      { model, own },
    );
    assert.equal(error, undefined);
    assert.equal(value.sizes[0], value.sizes[1]);
    for (const [core, page, isKnown] of value.found) assert.deepEqual([page, isKnown], [core, true]);
    assert.ok(value.found.some(([valid]) => valid));
    silent(said);
    await context.close();
  }
});
