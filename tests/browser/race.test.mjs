// The race of CPU and GPU on the page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browser, DEEP, EASY, headline, ready, silent, start, tab, workers } from './site.mjs';

let site, cpu, gpu;
before(async () => {
  [site, cpu, gpu] = await Promise.all([start(), browser(), browser({ webgpu: true })]);
});
after(() => Promise.all([site?.stop(), cpu?.close(), gpu?.close()]));

const calm = { reducedMotion: 'reduce' };
const text = (page, id) => page.textContent(`#${id}`);
const over = (page) => page.waitForFunction(() => document.querySelector('#race-start').textContent === 'Race on this puzzle', undefined, { timeout: 90_000 });

test('both devices think about the same puzzle, and the page says how long a segment took each', async () => {
  const { page, said, context } = await tab(gpu, calm);
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.click('#race summary');
  assert.ok(!(await page.isVisible('#race-lanes')));
  await page.click('#race-start');
  await page.waitForFunction(() => document.querySelector('#race-start').textContent === 'Stop');
  await over(page);
  for (const id of ['race-cpu-text', 'race-gpu-text']) assert.match(await text(page, id), /^Solved after 1 segment, [\d.]+ ms each$/);
  assert.match(await text(page, 'race-cpu-name'), /CPU/);
  assert.match(await text(page, 'race-gpu-name'), /SwiftShader.*computed by the processor: this is no real GPU/i);
  const ms = await Promise.all(['cpu', 'gpu'].map(async (id) => Number((await text(page, `race-${id}-text`)).match(/([\d.]+) ms/)[1])));
  const [, who, share] = (await text(page, 'race-said')).match(/^A segment took the (CPU|GPU) ([\d.]+).%/);
  assert.equal(who, ms[0] < ms[1] ? 'CPU' : 'GPU');
  assert.ok(Math.abs(share / 100 - Math.min(...ms) / Math.max(...ms)) < 0.05, `${share} % for ${ms}`);
  assert.match(await text(page, 'race-said'), /Both gave the same answer, after as many segments\.$/);
  const cells = await page.$$eval('#race-lanes svg', (all) => all.map((svg) => [...svg.querySelectorAll('path')].flatMap((path) => path.getAttribute('d').match(/M/g)).length));
  assert.deepEqual(cells, [81, 81]);
  await workers(page, 1);
  // Another puzzle, another race.
  await page.click('[data-puzzles=Easy]');
  assert.ok(!(await page.isVisible('#race-lanes')));
  silent(said);
  await context.close();
});

test('without WebGPU the CPU runs alone, which the page says; a race can be stopped, and a solve ends it', async () => {
  const { page, said, context } = await tab(cpu, calm);
  await page.goto(`${site.url}#${DEEP}`);
  await ready(page);
  await page.click('#race summary');
  await page.click('#race-start');
  await over(page);
  assert.match(await text(page, 'race-cpu-text'), /^Not solved after 16 segments, [\d.]+ ms each$/);
  assert.equal(await text(page, 'race-gpu-text'), 'This browser offers no GPU through WebGPU.');
  assert.equal(await text(page, 'race-said'), '');
  await page.click('#options summary');
  await page.selectOption('#halt', 'fixed');
  await page.fill('#segments', '512');
  await page.press('#segments', 'Tab');
  for (const stop of ['#race-start', '#solve']) {
    await page.click('#race-start');
    await page.waitForFunction(() => /^Segment \d/.test(document.querySelector('#race-cpu-text').textContent), undefined, { timeout: 60_000 });
    await page.click(stop);
    await over(page);
    await page.waitForFunction(() => /^Stopped/.test(document.querySelector('#race-cpu-text').textContent));
  }
  await page.waitForFunction(() => Number(document.querySelector('#segment').max) >= 2);
  await page.click('#solve');
  await headline(page, 'Stopped, not solved');
  await workers(page, 1);
  silent(said);
  await context.close();
});
