// A text of many puzzles on the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, DEEP, EASY, grid, headline, ready, silent, start, tab } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };

test('a text of several puzzles becomes a list, whose puzzles are solved together or put on the board', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(site.url);
  await ready(page);
  await page.click('#text');
  assert.ok(!(await page.isVisible('#list-open')));
  await page.fill('#text-area', `${EASY}\n${EASY.slice(1)}\n${DEEP}\n`);
  await page.click('#text-ok');
  await page.waitForSelector('#list-dialog[open]');
  await page.waitForSelector('#text-dialog', { state: 'hidden' });
  assert.equal(await page.textContent('#list-title'), '2 puzzles, 1 unreadable');
  const lines = () => page.$$eval('#list li', (all) => all.map((line) => line.textContent));
  const givens = (puzzle) => [...puzzle].filter((mark) => mark !== '.').length;
  assert.deepEqual(await lines(), [`Line 1: ${givens(EASY)} givens`, 'Line 2: expected 81 cells, found 80', `Line 3: ${givens(DEEP)} givens`]);
  await page.click('#list-all');
  await page.waitForFunction(() => document.querySelector('#list-said').textContent === '1 of 2 solved.', undefined, { timeout: 60_000 });
  assert.deepEqual(await lines(), ['Line 1: solved, 1 segment', 'Line 2: expected 81 cells, found 80', 'Line 3: not solved, 16 segments']);
  await page.click('#list li:nth-child(3) button');
  assert.ok(!(await page.isVisible('#list-dialog')));
  assert.equal(await grid(page), DEEP);
  await page.click('#text');
  await page.click('#list-open');
  assert.match((await lines())[0], /solved, 1 segment/, 'answers are kept');
  await page.click('#list li:nth-child(1) button');
  await page.click('#solve');
  await headline(page, 'Solved');
  silent(said);
  await context.close();
});
