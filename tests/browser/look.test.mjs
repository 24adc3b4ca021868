// How the page looks: docs/design.md in figures, in every state and every scheme of colours.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { browser, DEEP, EASY, headline, ready, start, tab } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function clean(page, state) {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`));
  assert.deepEqual(violations, [], state);
}

for (const look of [{ colorScheme: 'light' }, { colorScheme: 'dark' }, { forcedColors: 'active' }]) {
  test(`no state breaks a rule of accessibility: ${Object.values(look)[0]}`, async () => {
    const { page, context } = await tab(cpu, { ...calm, ...look });
    await page.goto(`${site.url}#${EASY}`);
    await ready(page);
    await clean(page, 'at first');
    await page.click('#about summary');
    await page.click('#options summary');
    await page.click('#race summary');
    await clean(page, 'everything unfolded');
    await page.click('#race-start');
    await page.waitForFunction(() => document.querySelector('#race-start').textContent === 'Stop');
    await page.waitForFunction(() => document.querySelector('#race-start').textContent !== 'Stop', undefined, { timeout: 90_000 });
    await clean(page, 'a race');
    await page.click('#brushes [data-hint]');
    await page.waitForSelector('.hinted');
    await page.click('#brushes [data-hint]');
    await clean(page, 'a hint');
    await page.click('#solve');
    await headline(page, 'Solved');
    await clean(page, 'solved');
    await page.goto(`${site.url}#${DEEP}`);
    await page.reload();
    await ready(page);
    await page.click('#solve');
    await headline(page, 'Not solved');
    await page.click('#back');
    await page.waitForFunction(() => document.querySelector('#pencil').childElementCount > 0);
    await clean(page, 'candidates');
    await page.click('#mind summary');
    await page.waitForSelector('#mind-views:not([hidden])');
    await clean(page, 'states');
    await page.click('#mind summary');
    await page.click('#save');
    await clean(page, 'saving');
    await page.keyboard.press('Escape');
    await page.click('#last');
    await page.click('#variants');
    await page.waitForFunction(() => document.querySelectorAll('#tries button').length > 1);
    await clean(page, 'tries');
    await page.click('[data-gallery]');
    await clean(page, 'the gallery');
    await page.keyboard.press('Escape');
    await page.keyboard.press('F1');
    await clean(page, 'the keys');
    await page.keyboard.press('Escape');
    await page.click('#tasks [data-name=maze]');
    await ready(page);
    await clean(page, 'a maze');
    await context.close();
  });
}

/** Pairs of the design that must differ by a factor: what lies on what. */
const PAIRS = [
  ['ink', 'page', 4.5], ['ink', 'panel', 4.5], ['muted', 'page', 4.5], ['muted', 'panel', 4.5], ['accent', 'panel', 4.5],
  ['on-accent', 'accent', 4.5], ['model', 'cell', 4.5], ['model', 'unsure', 4.5], ['given', 'given-cell', 4.5],
  ['fault', 'fault-cell', 4.5], ['fault', 'panel', 4.5], ['good', 'panel', 4.5], ['good', 'good-cell', 4.5],
  ['changed', 'cell', 3], ['changed', 'unsure', 3], ['changed', 'panel', 3], ['edge', 'panel', 3], ['edge', 'page', 3],
  ['cursor', 'cell', 3], ['cursor', 'given-cell', 3], ['cursor', 'panel', 3], ['wall', 'cell', 3], ['thick', 'page', 3],
];

test('colours keep their contrast, and stay apart for those who see fewer of them', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const { page, context } = await tab(cpu, { ...calm, colorScheme });
    await page.goto(site.url);
    const names = [...new Set(PAIRS.flatMap(([a, b]) => [a, b]))];
    const colours = await page.evaluate((names) => {
      const probe = document.body.appendChild(document.createElement('i'));
      const entries = names.map((name) => {
        probe.style.color = `var(--${name})`;
        return [name, getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255)];
      });
      return Object.fromEntries(entries);
    }, names);
    const linear = (rgb) => rgb.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    const light = (rgb) => linear(rgb).reduce((sum, part, i) => sum + [0.2126, 0.7152, 0.0722][i] * part, 0);
    for (const [a, b, least] of PAIRS) {
      const [low, high] = [light(colours[a]), light(colours[b])].sort((x, y) => x - y);
      const ratio = (high + 0.05) / (low + 0.05);
      assert.ok(ratio >= least, `${colorScheme}: ${a} on ${b} has ${ratio.toFixed(2)}`);
    }
    // Machado, Oliveira and Fernandes 2009: without red, without green, without blue receptors.
    const kinds = [
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
    ];
    for (const kind of kinds) {
      const seen = (name) => kind.map((row) => row.reduce((sum, part, i) => sum + part * linear(colours[name])[i], 0));
      for (const [a, b] of [['model', 'given'], ['model', 'changed'], ['unsure', 'cell'], ['unsure', 'fault-cell'], ['unsure', 'given-cell']]) {
        const apart = Math.hypot(...seen(a).map((part, i) => Math.cbrt(Math.max(part, 0)) - Math.cbrt(Math.max(seen(b)[i], 0))));
        assert.ok(apart > 0.07, `${colorScheme}: ${a} and ${b} are ${apart.toFixed(3)} apart`);
      }
    }
    await context.close();
  }
});

test('the marks of a change and of a broken rule do not cross', async () => {
  const { page, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Not solved');
  const { ring, mark } = await page.$eval('#board .fault', (cell) => {
    const [ring, mark] = [getComputedStyle(cell, '::before'), getComputedStyle(cell, '::after')];
    const inner = (side) => Number.parseFloat(ring[side]) + Number.parseFloat(ring.borderTopWidth);
    return { ring: [inner('top'), inner('right')], mark: [mark.top, mark.right].map(Number.parseFloat) };
  });
  const moves = await page.$eval('#board .fault', (cell) => ['', '::before'].map((part) => getComputedStyle(cell, part).transitionProperty));
  assert.deepEqual(moves, ['none', 'none'], 'who wants no motion sees none');
  assert.ok(mark[0] > ring[0] && mark[1] > ring[1], `"!" at ${mark}, the ring ends at ${ring}`);
  await context.close();
});

test('the look can be chosen, and stays', async () => {
  const { page, context } = await tab(cpu, { ...calm, colorScheme: 'light' });
  await page.goto(site.url);
  await ready(page);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await ground();
  await page.click('#options summary');
  await page.selectOption('#look', 'dark');
  const dark = await ground();
  assert.notEqual(dark, before);
  await page.reload();
  await ready(page);
  assert.equal(await ground(), dark);
  await context.close();
});

test('at 320 pixels every target is large enough, and Solve is seen at once', async () => {
  const phone = { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true, ...calm };
  const { page, context } = await tab(cpu, phone);
  await page.goto(site.url);
  await ready(page);
  const solve = await page.locator('#solve').boundingBox();
  assert.ok(solve.y + solve.height <= 568, `Solve ends at ${solve.y + solve.height}`);
  for (const task of ['sudoku', 'maze']) {
    await page.locator(`#tasks [data-name=${task}]`).tap();
    await ready(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
    const small = await page.evaluate((isDrawn) => {
      const all = [...document.querySelectorAll('button, select, input, summary, [role=gridcell]')];
      const seen = all.filter((one) => one.checkVisibility() && !one.classList.contains('unseen') && !(isDrawn && one.role === 'gridcell'));
      return seen.filter((one) => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 24).map((one) => one.outerHTML);
    }, task === 'maze');
    assert.deepEqual(small, []);
  }
  // Cells of a maze are smaller than a finger there; buttons do the same.
  await page.locator('#clear').tap();
  for (const move of ['right', 'down', 'put', 'right', 'put', 'left', 'up', 'put']) await page.locator(`[data-move=${move}]`).tap();
  const walls = await page.$$eval('[role=gridcell]', (cells) => cells.flatMap((cell, i) => (cell.classList.contains('solid') ? [i] : [])));
  assert.deepEqual(walls, [1, 16, 17]);
  await context.close();
});

test('beside the board nothing moves when a thinking comes or goes', async () => {
  const { page, context } = await tab(cpu, { ...calm, viewport: { width: 1280, height: 800 } });
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  const places = () => page.evaluate(() => ['mind', 'race', 'options'].map((id) => document.getElementById(id).getBoundingClientRect().y));
  const before = await places();
  assert.equal(await page.locator('#playback').isVisible(), false);
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.equal(await page.locator('#playback').isVisible(), true);
  assert.deepEqual(await places(), before);
  await page.click('#clear');
  assert.equal(await page.locator('#playback').isVisible(), false);
  assert.deepEqual(await places(), before);
  await context.close();
});

test('nothing moves while the page opens, and a large screen is used', async () => {
  for (const viewport of [{ width: 390, height: 844 }, { width: 1280, height: 800 }]) {
    const { page, context } = await tab(cpu, { ...calm, viewport });
    await page.addInitScript(() => {
      globalThis.shift = 0;
      new PerformanceObserver((list) => list.getEntries().forEach(({ value }) => (globalThis.shift += value))).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(site.url);
    await ready(page);
    await page.waitForTimeout(300);
    const shift = await page.evaluate(() => globalThis.shift);
    assert.ok(shift < 0.05, `a shift of ${shift.toFixed(3)} at ${viewport.width} pixels`);
    await context.close();
  }
  const { page, context } = await tab(cpu, { ...calm, viewport: { width: 2560, height: 1440 } });
  await page.goto(site.url);
  const [board, title] = [await page.locator('#board').boundingBox(), await page.locator('h1').boundingBox()];
  assert.ok(board.width >= 900, `the board has ${board.width} pixels`);
  assert.equal(board.x, title.x, 'board and title begin at the same edge');
  await context.close();
});
