// The view of the network's states, held to what the package traces.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blank, browser, DEEP, EASY, headline, ready, silent, start, tab, using } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };
const text = (page, id) => page.textContent(`#${id}`);
const segment = (page, number) =>
  page.evaluate((number) => {
    const slider = document.querySelector('#segment');
    slider.value = String(number);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
  }, number);
const views = (page) => page.waitForSelector('#mind-views:not([hidden])', { timeout: 60_000 });
const moved = (page) => page.$$eval('[role=gridcell]', (cells) => cells.map((cell) => Number(cell.ariaLabel.match(/moved by ([\d.]+)/)?.[1])));

/** A page on which calls of the core can be counted. */
async function counting(options = calm) {
  const opened = await tab(cpu, options);
  await opened.page.addInitScript(() => {
    globalThis.calls = [];
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, ...rest) {
      globalThis.calls.push(JSON.stringify(message, (_, value) => (value instanceof Blob || ArrayBuffer.isView(value) ? null : value)));
      return postMessage.call(this, message, ...rest);
    };
  });
  const traces = () => opened.page.evaluate(() => globalThis.calls.filter((call) => call.includes('"trace"')).length);
  return { ...opened, traces };
}

test('nothing is traced unless somebody looks, and then once', async () => {
  const { page, said, context, traces } = await counting();
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#options summary');
  await page.click('#candidates');
  await page.click('#solve');
  await headline(page, 'Not solved');
  await page.waitForTimeout(300);
  assert.equal(await traces(), 0, 'no candidates, no states: nothing is computed twice');
  assert.equal(await page.evaluate(() => document.querySelector('#raw-h-canvas').width), 300, 'and nothing is drawn');
  await page.click('#mind summary');
  await views(page);
  await page.click('#mind summary');
  await page.click('#mind summary');
  await page.click('#candidates');
  await page.click('#back');
  assert.equal(await traces(), 1);
  silent(said);
  await context.close();
});

test('board, pictures and words tell what the package traces, of the segment that is shown', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#mind summary');
  assert.match(await text(page, 'mind-said'), /Solve the puzzle first/);
  assert.match(await text(page, 'beats-said'), /2 times 2 updates of z_L \(L\), then one of z_H \(H\)/);
  assert.equal(await text(page, 'beats-row'), 'LLHLLH');
  await page.click('#solve');
  await headline(page, 'Not solved');
  await views(page);
  const other = await blank(cpu, site);
  const { value, error } = await using(
    other.page,
    async ({ Solver }, puzzle) => {
      const solver = await Solver.create();
      const trace = await solver.trace(Array.from(puzzle, (mark) => Number(mark.replace('.', '0')) + 1), 16);
      const cellsOf = (state, i) => Array.from({ length: 81 }, (_, cell) => trace[i][state].slice(128 * (cell + 1), 128 * (cell + 2)));
      const change = (state, i) => cellsOf(state, i).map((now, cell) => Math.hypot(...now.map((one, k) => one - cellsOf(state, i - 1)[cell][k])));
      const { ramp } = await import('/ramp.js');
      const values = trace[2].zL.slice(128);
      const usual = Math.sqrt(values.reduce((sum, one) => sum + one * one, 0) / values.length);
      const found = { zH: [5, 12].map((segment) => change('zH', segment - 1)), zL: change('zL', 2), pixels: [0, 5000, 10367].map((at) => ramp(0.5 + values[at] / (6 * usual))) };
      return JSON.parse(JSON.stringify(found));
    },
    DEEP,
  );
  assert.equal(error, undefined);
  const alike = (shown, wanted) => shown.forEach((far, cell) => assert.ok(Math.abs(far - wanted[cell]) < 0.06, `cell ${cell}: ${far}, traced ${wanted[cell]}`));
  for (const [index, number] of [5, 12].entries()) {
    await segment(page, number);
    alike(await moved(page), value.zH[index]);
    const mean = value.zH[index].reduce((sum, far) => sum + far, 0) / 81;
    assert.ok((await text(page, 'mind-said')).startsWith(`Segment ${number}: z_H moved by ${mean.toFixed(1)} in the mean`), await text(page, 'mind-said'));
    assert.ok(await page.$eval('#beats-row', (row) => row.classList.contains('beating')), 'each segment lets the beats run');
    assert.equal(await page.$$eval('#path circle', (all) => all.findIndex((one) => one.classList.contains('here'))), number - 1);
  }
  await segment(page, 3);
  await page.click('[data-colours=zL]');
  alike(await moved(page), value.zL);
  const pixels = await page.$eval('#raw-l-canvas', (canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.width, canvas.height, [0, 5000, 10367].map((at) => [...data.slice(4 * at, 4 * at + 3)])];
  });
  assert.deepEqual(pixels.slice(0, 2), [128, 81]);
  pixels[2].flat().forEach((part, i) => assert.ok(Math.abs(part - value.pixels.flat()[i]) <= 2, `${pixels[2]} for ${value.pixels}`));
  assert.match(await page.getAttribute('#raw-l-canvas', 'aria-label'), /z_L after segment 3: 81 cells of 128 values/);
  // Nothing is known of what was before the first.
  await segment(page, 1);
  assert.ok((await moved(page)).every(Number.isNaN));
  assert.match(await text(page, 'mind-said'), /known from the second on/);
  await segment(page, 3);
  await page.click('[data-colours=doubt]');
  assert.equal(await page.locator('.heat').count(), 0);
  assert.ok((await page.locator('#pencil text').count()) > 0, 'and candidates are back');
  await page.click('[data-colours=zH]');
  await page.click('#mind summary');
  await page.waitForFunction(() => document.querySelectorAll('.heat').length === 0);
  silent(said);
  await Promise.all([context.close(), other.context.close()]);
});

test('mazes have states too, other tries none; a model of files tells its cycles', async () => {
  const { page, said, context, traces } = await counting();
  await page.goto(site.url);
  await ready(page);
  await page.click('#mind summary');
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  await views(page);
  assert.equal(await page.$eval('#raw-h-canvas', ({ height }) => height), 225);
  assert.equal(await page.locator('#pencil text').count(), 0);
  assert.equal(await traces(), 1);
  await page.click('#tasks [data-name=sudoku]');
  await ready(page);
  // Solved by a later try.
  await page.goto(`${site.url}#..6.8...32.....4.......4..14...719...5.....1..9.6.....5.87.........1.......236.87`);
  await page.click('#options summary');
  await page.fill('#segments', '4');
  await page.fill('#tries-most', '3');
  await page.press('#tries-most', 'Tab');
  await page.click('#solve');
  await page.waitForFunction(() => document.querySelectorAll('#tries button').length === 3 && document.querySelector('#solve').textContent === 'Solve');
  await page.locator('#tries button').nth(1).click();
  assert.match(await text(page, 'mind-said'), /first one only/);
  await page.locator('#tries button').nth(0).click();
  await views(page);
  silent(said);
  await context.close();

  const { page: bare, context: second } = await blank(cpu, site);
  const { value } = await using(bare, async () => {
    const { anatomy, anatomyOf } = await import('/anatomy.js');
    const file = new File([JSON.stringify({ arch: { hidden_size: 512, H_cycles: 3, L_cycles: 6 } })], 'config.json');
    return [await anatomy([file], {}), anatomyOf('{"hidden_size": 8}') ?? null, anatomyOf('no') ?? null, (await anatomy([], {})) ?? null];
  });
  assert.deepEqual(value, [{ hidden: 512, hCycles: 3, lCycles: 6 }, null, null, null]);
  await second.close();
});

test('the two main directions are those of the points, and the colours can be told apart by everybody', async () => {
  const { page, context } = await blank(cpu, site);
  const { value, error } = await using(page, async () => {
    const { project } = await import('/mind.js');
    const { ramp, styled } = await import('/ramp.js');
    let state = 3;
    const random = () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
    const normal = () => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6);
    const apart = [];
    for (const count of [1, 2, 3, 16, 64]) {
      // Points of a plane, somewhere in 50 dimensions: their distances are kept, whatever the directions are called.
      const [a, b, from] = Array.from({ length: 3 }, () => Array.from({ length: 50 }, normal));
      const points = Array.from({ length: count }, () => [3 * normal(), normal()]).map(([x, y]) => Float32Array.from(from, (one, i) => one + x * a[i] + y * b[i]));
      const path = project(points);
      let worst = 0;
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < i; j++) {
          const far = Math.hypot(...points[i].map((one, k) => one - points[j][k]));
          worst = Math.max(worst, Math.abs(far - Math.hypot(path.points[i][0] - path.points[j][0], path.points[i][1] - path.points[j][1])) / far);
        }
      }
      apart.push([path.points.length, worst < 1e-3, path.share > 0.999]);
    }
    const cross = project([[2, 0, 0], [-2, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1 / 2], [0, 0, -1 / 2]].map((point) => Float32Array.from(point)));
    return { apart, share: cross.share, ramp: Array.from({ length: 101 }, (_, i) => ramp(i / 100)), inks: Array.from({ length: 101 }, (_, i) => styled(i / 100).ink) };
  });
  assert.equal(error, undefined);
  assert.deepEqual(value.apart, [1, 2, 3, 16, 64].map((count) => [count, true, true]));
  assert.ok(Math.abs(value.share - 10 / 10.5) < 1e-3, `${value.share}`);
  // Machado, Oliveira and Fernandes 2009: everybody, and those without red, without green, without blue receptors.
  const kinds = [
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
  ];
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  const light = (rgb) => [0.2126, 0.7152, 0.0722].reduce((sum, share, i) => sum + share * Math.max(rgb[i], 0), 0);
  for (const kind of kinds) {
    const seen = value.ramp.map((rgb) => light(kind.map((row) => row.reduce((sum, part, i) => sum + part * linear(rgb[i]), 0))));
    for (let i = 1; i < seen.length; i++) assert.ok(seen[i] > seen[i - 1], `${i}: ${seen[i]} after ${seen[i - 1]}`);
    assert.ok((seen.at(-1) + 0.05) / (seen[0] + 0.05) > 7);
  }
  value.ramp.forEach((rgb, i) => {
    const ground = light(rgb.map(linear));
    const ratio = value.inks[i] === '#fff' ? 1.05 / (ground + 0.05) : (ground + 0.05) / 0.05;
    assert.ok(ratio >= 4.5, `text at ${i} % has ${ratio.toFixed(2)}`);
  });
  await context.close();
});

test('a puzzle of one segment is told without movement, and at 320 pixels nothing is cut off', async () => {
  const { page, said, context } = await tab(cpu, { ...calm, viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  await page.click('#mind summary');
  await views(page);
  assert.match(await text(page, 'mind-said'), /^Segment 1 begins from/);
  assert.equal(await page.locator('#path circle').count(), 1);
  await page.click('#race summary');
  await page.click('#race-start');
  await page.waitForSelector('#race-lanes:not([hidden])');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  silent(said);
  await context.close();
});
