// What visitors stumbled over once, with real keys, pointers and fingers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, DEEP, EASY, grid, headline, ready, silent, start, tab } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };
const clear = (page) => page.click('#clear');
const said = (page) => page.textContent('#details');
const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.role || document.activeElement.tagName);

/** Opens the page with a board of mazes and nothing on it. */
async function mazes(options = {}) {
  const opened = await tab(cpu, { ...calm, ...options });
  await opened.page.goto(site.url);
  await ready(opened.page);
  await opened.page.click('#tasks [data-name=maze]');
  await ready(opened.page);
  await clear(opened.page);
  return opened;
}

/** The middle of a cell, in pixels of the window. */
async function middle(page, number) {
  const { x, y, width, height } = await page.locator('[role=gridcell]').nth(number).boundingBox();
  return { x: x + width / 2, y: y + height / 2 };
}

const walls = async (page) => page.$$eval('[role=gridcell]', (cells) => cells.flatMap((cell, i) => (cell.classList.contains('solid') ? [i] : [])));

test('a fast stroke of the mouse leaves no gaps, and is one step to undo', async () => {
  const { page, context } = await mazes();
  const [from, to] = [await middle(page, 15 * 7 + 1), await middle(page, 15 * 7 + 12)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y); // one event
  await page.mouse.up();
  assert.deepEqual(await walls(page), Array.from({ length: 12 }, (_, i) => 15 * 7 + 1 + i));
  assert.match(await page.evaluate(() => document.activeElement.ariaLabel), /row 8, column 13/, 'keys go on where the stroke ended');
  await page.click('#undo');
  assert.deepEqual(await walls(page), []);
  await context.close();
});

test('a finger draws too, and what two fingers do takes nothing along', async () => {
  const { page, context } = await mazes({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await page.locator('#board').scrollIntoViewIfNeeded();
  const [from, to] = [await middle(page, 15 + 2), await middle(page, 15 * 5 + 6)];
  const fingers = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) => fingers.send('Input.dispatchTouchEvent', { type, touchPoints });
  const before = await page.evaluate(() => scrollY);
  await touch('touchStart', from);
  await touch('touchMove', to);
  await touch('touchEnd');
  assert.deepEqual(await walls(page), [17, 33, 49, 65, 81]);
  assert.equal(await page.evaluate(() => scrollY), before, 'the page stays where it is');
  // The browser takes a stroke away when it turns out to be the first finger of two.
  await page.evaluate(() => {
    const board = document.querySelector('#board');
    const { left, top } = board.getBoundingClientRect();
    const at = (type, x) => new PointerEvent(type, { pointerId: 1, isPrimary: true, bubbles: true, clientX: left + x, clientY: top + 200 });
    board.setPointerCapture = () => {};
    for (const event of [at('pointerdown', 30), at('pointermove', 90), at('pointercancel', 90)]) board.dispatchEvent(event);
  });
  assert.deepEqual(await walls(page), [17, 33, 49, 65, 81]);
  await context.close();
});

test('a puzzle is typed without arrow keys, and Backspace goes back', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  await clear(page);
  await page.click('[role=gridcell]');
  await page.keyboard.type('53..7...1');
  assert.equal((await grid(page)).slice(0, 10), '53..7...1.');
  await page.keyboard.press('Backspace');
  assert.equal((await grid(page)).slice(0, 10), '53..7.....');
  // Who plays may want the cursor to stay.
  await page.click('#options summary');
  await page.click('#moves-on');
  await page.locator('[role=gridcell]').nth(20).click();
  await page.keyboard.type('12');
  assert.equal((await grid(page)).slice(20, 22), '2.');
  await context.close();
});

test('walls, brushes and the chosen task can be told apart in forced colours', async () => {
  const { page, context } = await mazes({ forcedColors: 'active' });
  await page.click('[data-puzzles=Corridors]');
  const colour = (selector) => page.$eval(selector, (element) => getComputedStyle(element).backgroundColor);
  assert.notEqual(await colour('.solid'), await colour('.open'));
  assert.notEqual(await colour('#tasks [aria-pressed=true]'), await colour('#tasks [aria-pressed=false]'));
  assert.notEqual(await colour('#brushes [aria-pressed=true]'), await colour('#brushes [aria-pressed=false]'));
  await context.close();
});

test('mazes work without a connection although nobody has opened one', async () => {
  const own = await start();
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(own.url);
  await ready(page);
  await page.waitForFunction(() => /without a connection/.test(document.querySelector('#offline').textContent));
  await own.stop();
  await context.setOffline(true);
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  silent(said);
  await context.close();
});

test('the focus never falls to the page: buttons that end their own use keep it', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('[role=gridcell]');
  await page.keyboard.type('5');
  for (const [id, key] of [['undo', 'Enter'], ['redo', 'Enter'], ['undo', 'Enter'], ['clear', 'Enter'], ['undo', ' ']]) {
    await page.focus(`#${id}`);
    await page.keyboard.press(key);
    assert.equal(await focused(page), id);
  }
  await page.focus('#solve');
  await page.keyboard.press('Enter');
  await headline(page, 'Not solved');
  for (const id of ['first', 'last', 'back', 'on']) {
    await page.focus(`#${id}`);
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), id);
  }
  await page.focus('#variants');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'solve');
  await page.keyboard.press('Escape');
  await context.close();
});

test('letters move the playback on the board and in it, with Caps Lock too', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Not solved');
  await page.focus('#segment');
  await page.keyboard.press('[');
  await headline(page, 'Segment 15 of 16');
  await page.focus('[role=gridcell][tabindex="0"]');
  await page.keyboard.press('End');
  await page.keyboard.press(']');
  await headline(page, 'Not solved');
  await page.keyboard.press('P');
  await page.waitForFunction(() => document.querySelector('#play').textContent === 'Pause');
  // Asked for, it plays step by step even where motion is unwanted.
  await page.waitForFunction(() => /^Segment [12] of 16/.test(document.querySelector('#headline').textContent));
  await page.keyboard.press('P');
  await page.click('#help');
  assert.match(await page.textContent('#keys'), /play or pause \(on the board and in the playback/);
  await context.close();
});

test('a puzzle without a solution is not blamed on the network, one with several is named', async () => {
  const { page, context } = await tab(cpu, calm);
  // 1 to 8 in a row leave 9 for its last cell, which another 9 in the column forbids.
  await page.goto(`${site.url}#12345678.${'.'.repeat(8)}9${'.'.repeat(63)}`);
  await ready(page);
  await headline(page, 'Has no solution');
  await page.click('#solve');
  await page.waitForFunction(() => document.querySelector('#solve').textContent === 'Solve' && !document.querySelector('#playback').hidden);
  await headline(page, 'Has no solution');
  for (const id of ['longer', 'variants']) assert.ok(!(await page.isVisible(`#${id}`)), `${id} is not offered`);
  assert.match(await page.textContent('#say'), /Has no solution/);
  await page.click('#clear');
  await page.click('[role=gridcell]');
  await page.keyboard.type('7');
  await headline(page, '1 given');
  await page.waitForFunction(() => /more than one solution/.test(document.querySelector('#details').textContent));

  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await clear(page);
  await page.click('[role=gridcell]');
  await page.keyboard.type('s#');
  await page.locator('[role=gridcell]').nth(15).click();
  await page.locator('[role=gridcell]').nth(224).focus();
  await page.keyboard.type('g');
  await headline(page, 'Has no solution');
  await context.close();
});

test('a room that a visitor draws is solved, in variants without being asked', async () => {
  const { page, context } = await mazes();
  const room = Array.from({ length: 225 }, (_, i) => {
    const [row, column] = [Math.floor(i / 15), i % 15];
    if (row % 14 === 0 || column % 14 === 0) return 'x';
    return i === 16 ? 'S' : i === 208 ? 'G' : '.';
  }).join('');
  await page.goto(`${site.url}#${room}`);
  await page.reload();
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  await context.close();
});

test('messages end with their reason, and each task keeps its board and its thinking', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#abc`);
  await ready(page);
  await page.waitForFunction(() => /address of this page holds no puzzle/.test(document.querySelector('#alert').textContent));
  await page.click('[data-puzzles=Easy]');
  assert.ok(!(await page.isVisible('#alert')));
  await page.click('#solve');
  await headline(page, 'Solved');
  const sudoku = await grid(page);
  await page.click('#clear');
  await page.click('#solve');
  assert.match(await page.textContent('#alert'), /board is empty/);
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  assert.ok(!(await page.isVisible('#alert')));
  await page.click('#tasks [data-name=sudoku]');
  await ready(page);
  await page.click('#undo');
  await page.click('#solve');
  await headline(page, 'Solved');
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('#solve');
  await page.waitForFunction(() => /olved/.test(document.querySelector('#headline').textContent));
  await page.click('#tasks [data-name=sudoku]');
  await ready(page);
  assert.equal(await page.textContent('#headline'), 'Solved');
  assert.equal(await grid(page), sudoku);
  await context.close();
});

test('one is not many', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#7${'.'.repeat(80)}`);
  await ready(page);
  assert.equal(await page.textContent('#headline'), '1 given');
  await page.click('#options summary');
  await page.fill('#segments', '1');
  await page.press('#segments', 'Tab');
  assert.equal(await page.textContent('#options-now'), 'valid, 1 segment, 1 try');
  await context.close();
});

test('nothing can be undone at first; an address of this page can be pasted', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  assert.equal(await page.getAttribute('#undo', 'aria-disabled'), 'true');
  const before = await grid(page);
  await page.click('#undo', { force: true });
  assert.equal(await grid(page), before);
  await page.click('#text');
  await page.fill('#text-area', `${site.url}#${EASY}\n`);
  await page.click('#text-ok');
  await page.waitForSelector('#text-dialog', { state: 'hidden' });
  assert.equal(await grid(page), EASY);
  // To the board, not to an address.
  await page.focus('.skip');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'gridcell');
  assert.ok(!(await page.isVisible('#alert')));
  await context.close();
});

test('a playback goes on when its board is shown again', async () => {
  const { page, context } = await tab(cpu);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#solve');
  await page.waitForFunction(() => /^Segment [23]/.test(document.querySelector('#headline').textContent));
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('#tasks [data-name=sudoku]');
  await ready(page);
  await page.waitForFunction(() => document.querySelector('#play').textContent === 'Play');
  await page.waitForFunction(() => /olved/.test(document.querySelector('#say').textContent));
  await context.close();
});

test('what is read out has one stop a sentence, and nothing below certainty reads as certain', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#options summary');
  await page.fill('#segments', '2');
  await page.fill('#tries-most', '1');
  await page.click('#solve');
  await page.waitForFunction(() => /^Not solved\. 2 segments, .*\d\u00a0m?s\. /.test(document.querySelector('#say').textContent));
  assert.doesNotMatch(await page.textContent('#say'), /\.\./);
  const shares = [1, 1 - 2 ** -24, 0.99996, 0.9999, 0.5];
  const read = await page.evaluate(async (shares) => {
    const { percent } = await import('./board.js');
    return shares.map(percent);
  }, shares);
  assert.deepEqual(read.map((text) => text.replace('\u00a0', ' ')), ['100 %', '99.99 %', '99.99 %', '99.99 %', '50 %']);
  await context.close();
});

test('an edit just before the page is left is kept', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.locator('[role=gridcell]').nth(2).focus();
  await page.keyboard.press('4');
  await page.reload();
  await ready(page);
  assert.equal((await grid(page))[2], '4');
  await context.close();
});
