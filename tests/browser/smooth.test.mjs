// What a visitor's processor is spared: nothing moves by itself, and only what changes is drawn anew.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blank, browser, DEEP, headline, ready, silent, start, tab, using } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };

/** Waits for the end of the first load, and returns what has moved by itself since the first paint. */
async function moved(page) {
  await ready(page);
  await page.waitForTimeout(200);
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const observer = new PerformanceObserver((list) => {
          observer.disconnect();
          resolve(list.getEntries().map(({ value, sources }) => `${value}: ${sources.map(({ node }) => node?.id || node?.nodeName)}`));
        });
        observer.observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve([]), 300);
      }),
  );
}

for (const [width, height] of [[320, 568], [390, 844], [1280, 800]]) {
  test(`nothing moves while the page opens: ${width}×${height}`, async () => {
    const { page, said, context } = await tab(cpu, { ...calm, viewport: { width, height } });
    await page.goto(site.url);
    assert.deepEqual(await moved(page), []);
    silent(said);
    await context.close();
  });
}

test('nothing moves on a telephone while the page shows itself', async () => {
  const { page, said, context } = await tab(cpu, { viewport: { width: 390, height: 844 } });
  await page.goto(site.url);
  await page.waitForFunction(() => /^Segment 3/.test(document.querySelector('#headline').textContent), undefined, { timeout: 60_000 });
  assert.deepEqual(await moved(page), []);
  silent(said);
  await context.close();
});

test('a cursor that moves over an answer changes two cells, and no others', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Not solved');
  const touched = await page.evaluate(async () => {
    const cells = new Set();
    const observer = new MutationObserver((records) => records.forEach(({ target }) => cells.add(target)));
    const board = document.querySelector('#board');
    document.querySelector('[role=gridcell][tabindex="0"]').focus();
    await new Promise(requestAnimationFrame);
    observer.observe(board, { attributes: true, characterData: true, childList: true, subtree: true });
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    await new Promise(requestAnimationFrame);
    return [...cells].map((cell) => cell.ariaLabel.split(':')[0]);
  });
  assert.deepEqual(touched.sort(), ['row 1, column 1', 'row 1, column 2']);
  silent(said);
  await context.close();
});

test('candidates of all sizes share one font, which is scaled', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Not solved');
  await page.click('#back');
  await page.waitForFunction(() => document.querySelector('#pencil').childElementCount > 0);
  const fonts = await page.$$eval('#pencil text', (all) => all.map((mark) => [getComputedStyle(mark).fontSize, getComputedStyle(mark).textRendering].join()));
  assert.deepEqual([...new Set(fonts)], ['100px,geometricprecision']);
  silent(said);
  await context.close();
});

test('no candidate lies on the likeliest of its cell', async () => {
  const { page, context } = await blank(cpu, site);
  const { value, error } = await using(page, async () => {
    const { find } = await import('/tasks/index.js');
    const { pencil } = await import('/pencil.js');
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const apart = (glyphs, probability) => {
      const candidates = [probability, 1 - probability].map((probability, i) => ({ glyph: glyphs[i], probability }));
      pencil(svg, find('sudoku'), new Map([[0, candidates]]));
      const [one, other] = glyphs.map((glyph) => svg.querySelector(`[data-mark="0 ${glyph}"]`).style.transform.match(/[\d.]+/g).map(Number));
      const size = (100 * (one[2] + other[2])) / 2;
      return Math.max(Math.abs(one[0] - other[0]) / (0.56 * size), Math.abs(one[1] - other[1]) / (0.72 * size));
    };
    const digits = [...'123456789'];
    const pairs = digits.flatMap((one) => digits.filter((other) => other !== one).map((other) => [one, other]));
    const shares = Array.from({ length: 48 }, (_, i) => 0.5 + i / 100);
    return Math.min(...pairs.flatMap((glyphs) => shares.map((share) => apart(glyphs, share))));
  });
  assert.equal(error, undefined);
  assert.ok(value > 0.9, `${value} of the room of two digits`);
  await context.close();
});
