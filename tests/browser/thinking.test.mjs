// What there is to see of the thinking, and what to play with.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blank, browser, DEEP, EASY, EASY_ANSWER, grid, headline, ready, silent, start, tab, using } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };
const text = (page, id) => page.textContent(`#${id}`);

test('a first visit sees a hard puzzle solved, a sentence a segment, and nobody else does', async () => {
  const { page, said, context } = await tab(cpu);
  await page.addInitScript(() => {
    globalThis.told = [];
    addEventListener('DOMContentLoaded', () => {
      new MutationObserver(() => globalThis.told.push(document.querySelector('#caption').textContent))
        .observe(document.querySelector('#caption'), { childList: true, characterData: true, subtree: true });
    });
  });
  await page.goto(site.url);
  await headline(page, 'Solved');
  const told = await page.evaluate(() => globalThis.told);
  assert.ok(told.some((line) => /^Segment 1.*A first guess at \d+ cells, \d+ unsure\./.test(line)), told.join('\n'));
  assert.ok(told.some((line) => /^Segment [2-9].*\d+ cells unsure, it changed its mind about \d+\./.test(line)), told.join('\n'));
  assert.ok(new Set(told.filter((line) => line.startsWith('Segment')).map((line) => line.match(/\d+/)[0])).size >= 4);
  // The frames fade once it is done.
  await page.waitForFunction(() => [...document.querySelectorAll('#board .changed')].every((cell) => getComputedStyle(cell, '::before').opacity === '0'));
  silent(said);
  // An own board, and one that somebody sent, wait to be solved.
  await page.click('[data-puzzles=Hard]');
  await page.waitForTimeout(600);
  await page.goto(site.url);
  await ready(page);
  await page.waitForTimeout(600);
  assert.match(await text(page, 'headline'), /givens/);
  await context.close();

  for (const [options, address] of [[calm, site.url], [{}, `${site.url}#${EASY}`]]) {
    const { page, context } = await tab(cpu, options);
    await page.goto(address);
    await ready(page);
    await page.waitForTimeout(600);
    assert.match(await text(page, 'headline'), /givens/);
    await context.close();
  }
});

test('candidates stand in cells that are open, as the package traces them, and in words', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Not solved');
  await page.click('#first');
  await page.click('#on');
  await page.waitForFunction(() => document.querySelector('#pencil').childElementCount > 0);
  const shown = await grid(page);
  const marks = await page.$$eval('#pencil text', (all) =>
    all.map((mark) => [...mark.getAttribute('data-mark').split(' '), Number(mark.style.transform.match(/scale\(([\d.]+)\)/)[1])]),
  );
  const byCell = new Map(marks.map(([cell]) => [Number(cell), marks.filter(([other]) => other === cell)]));
  assert.ok(byCell.size > 10, `${byCell.size} open cells`);
  for (const [cell, candidates] of byCell) {
    assert.equal(DEEP[cell], '.', 'givens have no candidates');
    const [, likeliest] = candidates.reduce((most, one) => (one[2] > most[2] ? one : most));
    assert.equal(likeliest, shown[cell], 'the largest is the answer of the segment');
  }
  const [open] = [...byCell].find(([, candidates]) => candidates.length > 1);
  await page.locator('[role=gridcell]').nth(open).click();
  assert.match(await text(page, 'cell'), /by the model, \d+.% sure.*; or \d \(\d+.%\)/);
  await page.click('#options summary');
  await page.click('#candidates');
  assert.equal(await page.locator('#pencil text').count(), 0);
  silent(said);
  await context.close();
});

test('the package traces a puzzle: what solve tells, and states beside it', async () => {
  const { page, said, context } = await blank(cpu, site);
  const { value, error } = await using(
    page,
    async ({ Solver, InvalidPuzzleError, OptionsError }, puzzle) => {
      const found = [];
      for (const worker of [true, false]) {
        const solver = await Solver.create({ worker });
        const steps = [];
        for await (const step of solver.solve(puzzle, { segments: 3 })) steps.push(step);
        const ids = Array.from(puzzle, (mark) => Number(mark.replace('.', '0')) + 1);
        const trace = await solver.trace(ids, 3);
        const sure = (logits, cell) => {
          const some = [...logits.subarray(11 * cell, 11 * cell + 11)];
          const most = Math.max(...some);
          return 1 / some.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
        };
        found.push({
          same: steps.every(({ grid, qHalt }, i) => grid === [...trace[i].preds].map((id) => id - 1).join('') && qHalt === trace[i].qHalt),
          apart: Math.max(...steps.flatMap(({ confidences }, i) => [...confidences].map((one, cell) => Math.abs(one - sure(trace[i].logits, cell))))),
          states: [trace.length, trace[0].zH.length > 81 * 100, trace[0].zL.length === trace[0].zH.length],
          wrong: [await solver.trace([1], 1).catch((e) => e instanceof InvalidPuzzleError && e.message), await solver.trace(ids, 0).catch((e) => e instanceof OptionsError)],
        });
        solver.free();
      }
      return found;
    },
    DEEP,
  );
  assert.equal(error, undefined);
  for (const { same, apart, states, wrong } of value) {
    assert.ok(same);
    assert.ok(apart < 1e-4, `confidences are ${apart} apart`);
    assert.deepEqual(states, [3, true, true]);
    assert.deepEqual(wrong, ['expected 81 ids, found 1', true]);
  }
  silent(said);
  await context.close();
});

test('tries stand side by side as whole boards, and light up where the rules are kept', async () => {
  const { page, said, context } = await tab(cpu, calm);
  // Solved by one of sixteen tries.
  await page.goto(`${site.url}#..6.8...32.....4.......4..14...719...5.....1..9.6.....5.87.........1.......236.87`);
  await ready(page);
  await page.click('#options summary');
  await page.fill('#segments', '4');
  await page.fill('#tries-most', '3');
  await page.press('#tries-most', 'Tab');
  await page.click('#solve');
  await page.waitForFunction(() => document.querySelectorAll('#tries button').length === 3 && document.querySelector('#solve').textContent === 'Solve');
  const boards = await page.$$eval('#tries svg', (all) =>
    all.map((svg) => {
      const [frame, inner] = [svg.getBoundingClientRect(), svg.closest('button').getBoundingClientRect()];
      const cells = [...svg.querySelectorAll('path')].flatMap((path) => path.getAttribute('d').match(/M[^M]*/g));
      const box = svg.viewBox.baseVal;
      const isInside = cells.every((cell) => {
        const [x, y] = cell.slice(1).split(/[ h]/).map(Number);
        return x >= box.x && y >= box.y && x + 1 <= box.x + box.width + 0.2 && y + 1 <= box.y + box.height + 0.2;
      });
      return [cells.length, isInside, frame.right <= inner.right, Math.round(frame.width - frame.height)];
    }),
  );
  assert.deepEqual(boards, Array(3).fill([81, true, true, 0]), 'every cell of every board is seen');
  const lit = await page.$$eval('#tries button', (all) => all.map((button) => [button.classList.contains('good'), / valid/.test(button.ariaLabel) && !/not valid/.test(button.ariaLabel)]));
  for (const [isLit, isValid] of lit) assert.equal(isLit, isValid);
  await page.locator('#tries svg').nth(1).click();
  assert.equal(await page.getAttribute('#tries button:nth-child(2)', 'aria-pressed'), 'true');
  silent(said);
  await context.close();
});

test('new puzzles differ each time, and are as hard as their pattern', async () => {
  const { page, context } = await blank(cpu, site);
  const { value, error } = await using(page, async ({ Solver }) => {
    const { find } = await import('/tasks/index.js');
    const { dayOf } = await import('/random.js');
    const solver = await Solver.create();
    const known = async (task, grid) => (await solver.check(task.text(grid))).question;
    const each = (grids, tell) => Promise.all(grids.map(tell));
    const sudoku = find('sudoku');
    const all = [...Object.values(sudoku.examples).flat(), ...sudoku.gallery.map(([, grid]) => grid)];
    const maze = find('maze');
    const mazes = [...Object.values(maze.examples).flat(), ...maze.gallery.map(([, grid]) => grid)];
    const day = dayOf(new Date(2026, 10, 29, 23, 59));
    const daily = async (task, day) => (await solver.generate({ ...task.daily, task: task.name, seed: day }))[0];
    const days = await each([0, 1, 2, 3], (i) => daily(sudoku, day + i));
    const found = {
      questions: await each(all, (grid) => known(sudoku, grid)),
      varied: await each(all.map((grid) => sudoku.vary(grid, Math.random)), async (grid, i) => [await known(sudoku, grid), grid !== all[i], sudoku.about(grid) === sudoku.about(all[i])]),
      mazes: await each(mazes.map((grid) => maze.vary(grid, Math.random)), async (grid, i) => [(await known(maze, grid)) !== 'none', maze.clashes(grid).length, maze.about(grid) === maze.about(mazes[i])]),
      days: [day, dayOf(new Date(2026, 10, 30, 0, 1)), days[0].puzzle === (await daily(sudoku, day)).puzzle, new Set(days.map(({ puzzle }) => puzzle)).size],
      hard: [days.every(({ rating }) => rating >= 8), await each(days, ({ puzzle }) => known(sudoku, puzzle)), maze.fit((await daily(maze, day)).puzzle).length],
      hopeless: await each([`${'5'.repeat(2)}${'.'.repeat(79)}`, `12345678.${'.'.repeat(8)}9${'.'.repeat(63)}`], (grid) => known(sudoku, grid)),
    };
    solver.free();
    return found;
  });
  assert.equal(error, undefined);
  assert.deepEqual([...new Set(value.questions)], ['unique']);
  for (const one of value.varied) assert.deepEqual(one, ['unique', true, true]);
  for (const one of value.mazes) assert.deepEqual(one, [true, 0, true]);
  assert.deepEqual(value.days, [20786, 20787, true, 4]);
  assert.deepEqual(value.hard, [true, Array(4).fill('unique'), 225]);
  assert.deepEqual(value.hopeless, ['clash', 'none']);
  await context.close();
});

test('a puzzle has as many givens as the slider says', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  for (const key of ['Home', 'End', 'ArrowLeft']) {
    await page.click('[data-gallery]');
    await page.focus('#givens');
    await page.keyboard.press(key);
    const wanted = await text(page, 'givens-now');
    await page.click('#make');
    await headline(page, `${wanted} givens`);
    const question = await grid(page);
    const { value } = await using(
      page,
      async ({ Solver }, question) => {
        const solver = await Solver.create();
        const { question: judged } = await solver.check(question);
        solver.free();
        return judged;
      },
      question,
    );
    assert.equal(value, 'unique');
  }
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('[data-gallery]');
  assert.ok(!(await page.isVisible('#make')));
  silent(said);
  await context.close();
});

test('the gallery puts a puzzle on the board, the day\'s first', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  await page.click('[data-gallery]');
  await page.waitForSelector('#gallery button:has-text("Puzzle of the day")');
  assert.match(await page.locator('#gallery button').first().textContent(), /^Puzzle of the day, \d+ \w+ \d{4}\d+ givens$/);
  await page.locator('#gallery button').nth(1).click();
  assert.ok(!(await page.isVisible('#gallery-dialog')));
  assert.equal(await text(page, 'headline'), '17 givens');
  assert.equal(await page.evaluate(() => document.activeElement.role), 'gridcell');
  await page.keyboard.press('Enter');
  await headline(page, 'Solved');
  silent(said);
  await context.close();
});

test('a hint marks the cell that the model is surest of, then tells its opinion, and fills in nothing', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  // Some of one's own.
  await page.locator('[role=gridcell]').nth(0).click();
  await page.keyboard.type('2');
  const mine = `2${DEEP.slice(1)}`;
  const other = await blank(cpu, site);
  const { value, error } = await using(
    other.page,
    async ({ Solver }, puzzle) => {
      const solver = await Solver.create();
      let last;
      for await (const step of solver.solve(puzzle)) last = step;
      const open = [...puzzle].flatMap((mark, cell) => (mark === '.' ? [[last.confidences[cell], cell, last.grid[cell]]] : []));
      const [best] = open.sort(([a], [b]) => b - a);
      return { cell: best[1], digit: best[2], valid: last.answer.valid };
    },
    mine,
  );
  assert.equal(error, undefined);
  await other.context.close();
  const marks = () => page.$$eval('[role=gridcell]', (cells) => cells.flatMap((cell, i) => (cell.classList.contains('hinted') ? [[i, cell.dataset.hint]] : [])));
  const where = `row ${Math.floor(value.cell / 9) + 1}, column ${(value.cell % 9) + 1}`;
  await page.click('#brushes [data-hint]');
  await headline(page, `Hint: ${where}`);
  assert.deepEqual(await marks(), [[value.cell, '']]);
  assert.equal(await grid(page), mine);
  assert.match(await text(page, 'say'), /surest here, [\d.]+.%/);
  await page.focus('[role=gridcell][tabindex="0"]');
  await page.keyboard.press('H');
  await headline(page, `Hint: ${value.digit} in ${where}?`);
  assert.deepEqual(await marks(), [[value.cell, `${value.digit}?`]]);
  assert.equal(await grid(page), mine, 'it is an opinion, the cell stays empty');
  assert.match(await text(page, 'details'), /An opinion.*nobody has checked it/);
  assert.equal(/breaks the rules/.test(await text(page, 'details')), value.valid === false);
  // It ends with the next digit.
  await page.locator('[role=gridcell]').nth(value.cell).click();
  await page.keyboard.type(value.digit);
  assert.deepEqual(await marks(), []);
  assert.doesNotMatch(await text(page, 'headline'), /Hint/);
  await page.click('#clear');
  for (const [board, answer] of [['', /board is empty/], [EASY_ANSWER, /No cell is empty/]]) {
    await page.locator('[role=gridcell]').nth(0).click();
    await page.keyboard.type(board);
    await page.click('#brushes [data-hint]');
    assert.match(await text(page, 'alert'), answer);
  }
  await headline(page, 'Complete');
  silent(said);
  await context.close();
});
