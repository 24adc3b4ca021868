// The two compiled programs: with relaxed SIMD, and for engines without it. Which one is fetched, and how far they agree.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PROGRAMS } from '../../crates/web/npm/bundle.mjs';
import { lab, relativeL2 } from './core.mjs';
import { blank, browser, DEEP, EASY, EASY_ANSWER, silent, start, using } from './site.mjs';

const [BASELINE, RELAXED] = PROGRAMS;

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

for (const [name, { has = true, isThere = true, options = {}, expected }] of Object.entries({
  'where there is relaxed SIMD': { expected: [RELAXED] },
  'where there is none': { has: false, expected: [BASELINE] },
  'where a host has copied one program': { isThere: false, expected: [RELAXED, BASELINE] },
  'beside an own Worker': { options: { workerUrl: '/hrm-webgpu/dist/worker.js' }, expected: [RELAXED] },
  'at an own address': { options: { wasmUrl: `/hrm-webgpu/dist/${BASELINE}` }, expected: [BASELINE] },
})) {
  test(`which program is fetched ${name}`, async () => {
    const { page, context } = await blank(cpu, site);
    const asked = [];
    await context.route('**/*.wasm', (route) => {
      const file = new URL(route.request().url()).pathname.split('/').at(-1);
      asked.push(file);
      return file === RELAXED && !isThere ? route.fulfill({ status: 404, body: '' }) : route.continue();
    });
    if (!has) await page.evaluate(() => (WebAssembly.validate = () => false));
    for (const worker of [true, false]) {
      const { value, error } = await using(
        page,
        async ({ Solver }, { options, puzzle }) => {
          const solver = await Solver.create(options);
          const { answer } = await solver.answer(puzzle);
          solver.free();
          return { answer, notices: solver.notices };
        },
        { options: { worker, ...options }, puzzle: EASY },
      );
      assert.equal(error, undefined);
      assert.deepEqual(value, { answer: EASY_ANSWER, notices: [] });
      assert.deepEqual(asked.splice(0), expected, worker ? 'in a Worker' : 'on the page');
    }
    await context.close();
  });
}

test('both programs compute the same up to rounding, and each the same bits in any batch', async () => {
  const ids = [EASY, DEEP].map((puzzle) => [...puzzle].map((digit) => (digit === '.' ? 1 : Number(digit) + 1)));
  const logits = [];
  for (const program of PROGRAMS) {
    const { page, said, context } = await lab(cpu, program);
    const [together, alone] = await page.evaluate(async (ids) => {
      const core = await lab.load('/weights/sudoku', 'cpu');
      const trace = async (...samples) => {
        const [outputs] = await core.trace(samples.flat(), samples.map(() => 0), 1);
        return outputs.flatMap(({ logits }) => [...logits]);
      };
      const found = [await trace(...ids), [...(await trace(ids[0])), ...(await trace(ids[1]))]];
      core.free();
      return found;
    }, ids);
    assert.deepEqual(alone, together);
    logits.push(together);
    silent(said);
    await context.close();
  }
  const error = relativeL2(logits[1], logits[0]);
  assert.ok(error <= 3e-6, `${error}`);
});
