// speed.mjs [ROUNDS]: how long the core takes in Chromium until it is ready, for an easy puzzle, and for a segment of 1 and of
// 8 puzzles, by each program in turn; no test.
import { PROGRAMS } from '../../crates/web/npm/bundle.mjs';
import { lab } from './core.mjs';
import { browser, DEEP, EASY, EASY_ANSWER } from './site.mjs';

const [BASELINE, RELAXED] = PROGRAMS;
const rounds = Number(process.argv[2] ?? 5);
const chromium = await browser({ webgpu: true });
const times = {};
for (let round = 0; round < rounds; round++) {
  for (const [name, device, program] of [['wasm', 'cpu', BASELINE], ['relaxed', 'cpu', RELAXED], ['webgpu', 'webgpu', BASELINE]]) {
    const { page, context } = await lab(chromium, program);
    const measured = await page.evaluate(
      async ({ device, easy, answer, deep }) => {
        const timed = async (work) => {
          const begin = performance.now();
          await work();
          return performance.now() - begin;
        };
        let core;
        const open = await timed(async () => (core = await lab.load('/weights/sudoku', device)));
        const solve = async () => {
          const [last] = (await lab.all(core, [easy], {})).slice(-1);
          if (last.grid !== answer) throw new Error(`wrong answer: ${last.grid}`);
        };
        const first = await timed(solve);
        const further = [];
        for (let i = 0; i < 11; i++) further.push(await timed(solve));
        const found = { 'program compiled': lab.compiled, 'model open': open, 'first easy puzzle': first, 'further ones': further.sort((a, b) => a - b)[5] };
        for (const batch of device === 'cpu' ? [1, 8] : []) {
          const segments = 64 / batch;
          const run = () => lab.all(core, Array(batch).fill(deep), { halt: 'fixed', segments, batch, steps: false });
          found[`a segment of ${batch}`] = (await timed(run)) / segments;
        }
        return found;
      },
      { device, easy: EASY, answer: EASY_ANSWER, deep: DEEP },
    );
    for (const [what, ms] of Object.entries(measured)) ((times[what] ??= {})[name] ??= []).push(ms);
    await context.close();
  }
}
const shown = (all, digits) => {
  const sorted = all.toSorted((a, b) => a - b);
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)].map((value) => value.toFixed(digits).padStart(8)).join('');
};
console.log(`milliseconds, and the time of relaxed over that of wasm: min / median / max of ${rounds} rounds`);
for (const [what, found] of Object.entries(times)) {
  for (const [name, all] of Object.entries(found)) console.log(`${what.padEnd(20)}${name.padEnd(10)}${shown(all, 1)}`);
  console.log(`${what.padEnd(20)}${'ratio'.padEnd(10)}${shown(found.relaxed.map((ms, i) => ms / found.wasm[i]), 2)}`);
}
await chromium.close();
