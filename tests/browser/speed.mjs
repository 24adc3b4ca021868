// speed.mjs [ROUNDS]: how long the core takes in Chromium until it is ready, and for an easy puzzle; no test.
import { lab } from './core.mjs';
import { browser, EASY, EASY_ANSWER } from './site.mjs';

const rounds = Number(process.argv[2] ?? 5);
const chromium = await browser({ webgpu: true });
const times = {};
for (let round = 0; round < rounds; round++) {
  for (const device of ['cpu', 'webgpu']) {
    const { page, context } = await lab(chromium);
    const measured = await page.evaluate(
      async ({ device, puzzle, answer }) => {
        const marks = [performance.now()];
        const core = await lab.load('/weights/sudoku', device);
        marks.push(performance.now());
        const solve = async () => {
          const [last] = (await lab.all(core, [puzzle], {})).slice(-1);
          if (last.grid !== answer) throw new Error(`wrong answer: ${last.grid}`);
          marks.push(performance.now());
        };
        for (let i = 0; i < 11; i++) await solve();
        const spans = marks.slice(1).map((mark, i) => mark - marks[i]);
        const further = spans.slice(2).sort((a, b) => a - b);
        return { 'program compiled': lab.compiled, 'model open': spans[0], 'first easy puzzle': spans[1], 'further ones': further[5] };
      },
      { device, puzzle: EASY, answer: EASY_ANSWER },
    );
    for (const [what, ms] of Object.entries(measured)) ((times[device] ??= {})[what] ??= []).push(ms);
    await context.close();
  }
}
console.log(`milliseconds, min / median / max of ${rounds} rounds`);
for (const [device, found] of Object.entries(times)) {
  for (const [what, all] of Object.entries(found)) {
    all.sort((a, b) => a - b);
    const shown = [all[0], all[all.length >> 1], all.at(-1)].map((ms) => ms.toFixed(1).padStart(8));
    console.log(`${device.padEnd(8)}${what.padEnd(20)}${shown.join('')}`);
  }
}
await chromium.close();
