// The wasm core under the package: official outputs, lost devices, damaged files, memory over many puzzles.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PROGRAMS } from '../../crates/web/npm/bundle.mjs';
import { lab, relativeL2, tensors } from './core.mjs';
import { browser, DEEP, EASY, EASY_ANSWER, silent } from './site.mjs';

/** Cases, with the configuration that their yaml and dataset.json give where the weights are used as they are. */
const GOLDEN = {
  'hrm-tiny': {
    file: 'model.safetensors',
    config: {
      family: 'hrm', H_cycles: 2, L_cycles: 2, H_layers: 2, L_layers: 2, expansion: 4, hidden_size: 64, num_heads: 2,
      pos_encodings: 'rope', puzzle_emb_ndim: 64, halt_max_steps: 4, loss_type: 'stablemax_cross_entropy',
    },
  },
  // Pages open model folders: checkpoints are converted first.
  'trm-att-tiny': {},
  'serrm-sudoku4-rope': {},
  'urm-arc-tiny': {},
  'nano-att-tiny': { checkpoint: 'last.ckpt' },
  'sotaku-tiny': {},
};

/** Where converted cases lie. */
const CONVERTED = 'target/golden';

/** Devices, and programs that compute on them: on a GPU both do the same. */
const ON = [...PROGRAMS.map((program) => ['cpu', program]), ['webgpu', PROGRAMS[0]]];

let cpu, gpu;
before(async () => {
  // `--lib` keeps every package selected, and a test asks for what `cargo test` does: all is compiled already.
  execFileSync('cargo', ['build', '--quiet', '--workspace', '--features', 'hrm-cli/hub', '--lib', '--bin', 'hrm', '--test', 'full_size']);
  for (const [name, { config, checkpoint = '' }] of Object.entries(GOLDEN)) {
    if (config) continue;
    rmSync(join(CONVERTED, name), { recursive: true, force: true });
    execFileSync('target/debug/hrm', ['convert', join('tests/golden', name, checkpoint), join(CONVERTED, name)], { stdio: 'pipe' });
  }
  [cpu, gpu] = await Promise.all([browser(), browser({ webgpu: true })]);
});
after(() => Promise.all([cpu?.close(), gpu?.close()]));

for (const [device, program] of ON) {
  for (const [name, { file, config }] of Object.entries(GOLDEN)) {
    test(`official outputs of ${name} on ${device}, by ${program}`, async () => {
      const golden = tensors(`tests/golden/${name}/io.safetensors`);
      const { page, said, context } = await lab(gpu, program);
      // Outputs of some segments may be left out.
      const recorded = Object.keys(golden).flatMap((key) => /^seg(\d+)\.logits$/.exec(key)?.[1] ?? []).map(Number);
      const count = Math.max(...recorded);
      const [samples, seq_len] = golden.inputs.shape;
      const traced = await page.evaluate(
        async ({ device, config, path, inputs, identifiers, count }) => {
          const core = config ? await lab.open(config, await lab.get(path), device) : await lab.load(path, device);
          const segments = await core.trace(inputs, identifiers, count);
          core.free();
          const names = ['logits', 'zH', 'zL', 'preds'].filter((name) => segments[0][0][name]);
          const plain = (sample) => ({ ...sample, ...Object.fromEntries(names.map((name) => [name, [...sample[name]]])) });
          return segments.map((samples) => samples.map(plain));
        },
        {
          device,
          config: config && JSON.stringify({ ...config, seq_len, vocab_size: golden['seg1.logits'].shape[2], num_puzzle_identifiers: 5 }),
          path: config ? `/tests/golden/${name}/${file}` : `/${CONVERTED}/${name}`,
          inputs: [...golden.inputs.values],
          identifiers: golden.puzzle_identifiers ? [...golden.puzzle_identifiers.values] : Array(samples).fill(0),
          count,
        },
      );
      assert.equal(traced.length, count);
      traced.forEach((outputs, i) => {
        assert.equal(outputs.length, samples);
        if (!recorded.includes(i + 1)) return;
        const official = (tensor) => golden[`seg${i + 1}.${tensor}`].values;
        const has = ([tensor]) => `seg${i + 1}.${tensor}` in golden;
        for (const [tensor, key] of [['logits', 'logits'], ['z_H', 'zH'], ['z_L', 'zL']].filter(has)) {
          const error = relativeL2(outputs.flatMap((sample) => sample[key]), official(tensor));
          // As in tests/golden.rs and tests/gpu_segments.rs.
          assert.ok(error <= (i === 0 ? 3e-6 : 2e-5), `segment ${i + 1}, ${tensor}: ${error}`);
        }
        for (const [tensor, key] of [['q_halt', 'qHalt'], ['q_continue', 'qContinue']].filter(has)) {
          outputs.forEach((sample, at) => assert.ok(Math.abs(sample[key] - official(tensor)[at]) <= 1e-3, `${tensor} ${i + 1}`));
        }
        // Predictions are equal wherever the official logits are not nearly so.
        const [ours, logits, theirs] = [
          outputs.flatMap(({ preds }) => preds),
          official('logits'),
          // Where given cells are kept, predictions are answers.
          official(`seg${i + 1}.answer` in golden ? 'answer' : 'preds'),
        ];
        const vocab = logits.length / theirs.length;
        const clear = ours.filter((id, at) => {
          const [first, second] = logits.slice(at * vocab, (at + 1) * vocab).sort((a, b) => b - a);
          if (first - second <= 1e-3) return false;
          assert.equal(id, theirs[at], `segment ${i + 1}, position ${at}`);
          return true;
        });
        assert.ok(clear.length * 10 > ours.length * 9);
      });
      silent(said);
      await context.close();
    });
  }
}

for (const [device, program] of ON) {
  test(`the same answers in any batch on ${device}, by ${program}`, async () => {
    const { page, said, context } = await lab(gpu, program);
    const answers = await page.evaluate(
      async ({ device, puzzles }) => {
        const core = await lab.load('/weights/sudoku', device);
        const found = [];
        for (const batch of device === 'cpu' ? [1, 2] : [2]) {
          const steps = await lab.all(core, puzzles, { segments: 3, halt: 'fixed', batch });
          found.push(steps.filter(({ answer }) => answer).sort((a, b) => a.puzzle - b.puzzle).map(({ grid }) => grid));
        }
        core.free();
        return found;
      },
      { device, puzzles: [EASY, DEEP] },
    );
    assert.equal(answers[0][0], EASY_ANSWER);
    assert.deepEqual(answers.at(-1), answers[0]);
    silent(said);
    await context.close();
  });
}

test('options have the meaning of hrm solve', async () => {
  const { page, said, context } = await lab(cpu);
  const value = await page.evaluate(
    async ({ easy, deep }) => {
      const core = await lab.load('/weights/sudoku', 'cpu');
      const plain = await lab.all(core, [easy], undefined);
      const fixed = await lab.all(core, [easy], { halt: 'fixed', segments: 4, confidences: true });
      const tries = await lab.all(core, [deep], { segments: 2, tries: 3, variants: 'symmetry', batch: 2 });
      const silent = await lab.all(core, [easy, deep, easy], { segments: 3, steps: false });
      const ended = core.start([easy], {});
      while (await ended.next());
      return { plain, fixed, tries, silent, after: await ended.next(), none: await lab.all(core, [], {}), model: core.model() };
    },
    { easy: EASY, deep: DEEP },
  );
  assert.deepEqual(value.model, { task: 'sudoku', parameters: 668_930, segments: 16, seqLen: 81, dtype: 'f16' });
  assert.equal(value.plain.at(-1).answer.stopped, 'valid');
  assert.deepEqual([value.fixed.length, value.fixed.at(-1).answer.stopped], [4, 'limit']);
  assert.equal(Object.keys(value.fixed[0].confidences).length, 81);
  assert.equal(value.plain[0].confidences, undefined);
  assert.deepEqual([...new Set(value.tries.map((step) => step.try))].sort(), [0, 1, 2]);
  assert.equal(value.tries.filter(({ answer }) => answer).length, 1);
  assert.equal(value.tries.at(-1).answer.tries, 3);
  assert.deepEqual(value.silent.map(({ puzzle, answer }) => [puzzle, answer.valid]).sort(), [[0, true], [1, false], [2, true]]);
  assert.deepEqual([value.after, value.none], [undefined, []]);
  silent(said);
  await context.close();
});

test('what is wrong is said in typed errors, and the next solve works', async () => {
  const { page, said, context } = await lab(cpu);
  const { errors, grid } = await page.evaluate(
    async ({ easy }) => {
      const config = await (await fetch('/weights/sudoku/config.json')).text();
      const bytes = await lab.get('/weights/sudoku/model.safetensors');
      const core = await lab.open(config, bytes, 'auto');
      const start = (puzzles, options) => () => core.start(puzzles, options);
      const errors = {};
      for (const [name, work] of Object.entries({
        short: start([easy, easy.slice(1)], {}),
        maze: start([`${'#'.repeat(15)}\n`.repeat(14) + 'SG' + '#'.repeat(13)], {}),
        unknown: start([easy], { halting: 'fixed' }),
        halt: start([easy], { halt: 'never' }),
        segments: start([easy], { segments: 0 }),
        fraction: start([easy], { segments: 1.5 }),
        tries: start([easy], { tries: 100_000 }),
        noise: start([easy], { noise: -1 }),
        device: () => lab.open(config, bytes, 'gpu'),
        adapter: () => lab.open(config, bytes, 'webgpu'),
        half: () => lab.open(config, bytes.slice(0, bytes.length / 2), 'auto'),
        empty: () => lab.open(config, bytes.slice(0, 0), 'auto'),
        page: () => lab.open(config, new TextEncoder().encode('<!doctype html>'), 'auto'),
        config: () => lab.open('{}', bytes, 'auto'),
        other: () => fetch('/weights/maze/config.json').then((c) => c.text()).then((c) => lab.open(c, bytes, 'auto')),
        long: () => new lab.ModelBytes(10).write(5, new Uint8Array(6)),
        huge: () => new lab.ModelBytes(8e9),
        negative: () => new lab.ModelBytes(-1),
        pending: async () => {
          const run = core.start([easy], {});
          await Promise.all([run.next(), run.next()]);
        },
      })) {
        errors[name] = await lab.refused(work);
      }
      const [last] = (await lab.all(core, [easy], {})).slice(-1);
      return { errors, grid: last.grid };
    },
    { easy: EASY },
  );
  const kinds = {
    InvalidPuzzleError: ['short', 'maze'],
    OptionsError: ['unknown', 'halt', 'segments', 'fraction', 'tries', 'noise', 'device', 'pending'],
    NoAdapterError: ['adapter'],
    ModelError: ['half', 'empty', 'page', 'config', 'other', 'long', 'huge', 'negative'],
  };
  const found = Object.entries(errors).map(([what, error]) => [what, error?.name, error?.isError]);
  assert.deepEqual(found.sort(), Object.entries(kinds).flatMap(([kind, names]) => names.map((name) => [name, kind, true])).sort());
  assert.equal(errors.short.puzzle, 1);
  assert.match(errors.short.message, /81|80/);
  assert.match(errors.unknown.message, /halting.*`halt`, `segments`, `tries`/);
  assert.match(errors.halt.message, /never.*`fixed`, `learned`, `stable`, `valid`, `still`/);
  assert.match(errors.half.message, /truncated/);
  assert.match(errors.half.hint, /again/);
  for (const { message, hint = '' } of Object.values(errors)) assert.doesNotMatch(message + hint, / --\w|undefined|NaN/);
  assert.equal(grid, EASY_ANSWER);
  silent(said);
  await context.close();
});

for (const device of ['cpu', 'webgpu']) {
  test(`a run is cancelled within a segment on ${device}, and gives back what it held`, async () => {
    const { page, said, context } = await lab(gpu);
    const value = await page.evaluate(
      async ({ device, easy, deep }) => {
        const core = await lab.load('/weights/sudoku', device);
        await core.warmUp();
        const before = core.gpuBytes();
        const batch = device === 'cpu' ? 16 : 4;
        const run = core.start(Array(batch).fill(deep), { halt: 'fixed', batch });
        const begin = performance.now();
        await run.next();
        const segment = performance.now() - begin;
        const pending = run.next();
        await new Promise((resolve) => setTimeout(resolve, 20));
        const during = core.gpuBytes();
        const start = performance.now();
        run.cancel();
        const value = await pending;
        const ms = performance.now() - start;
        const after = core.gpuBytes();
        const [again] = [await run.next()];
        run.free();
        const dropped = core.start([deep], { halt: 'fixed' });
        const left = dropped.next();
        dropped.free();
        const [last] = (await lab.all(core, [easy], {})).slice(-1);
        return { value, again, left: await left, before, during, after, ms, segment, grid: last.grid, end: core.gpuBytes() };
      },
      { device, easy: EASY, deep: DEEP },
    );
    assert.deepEqual([value.value, value.again, value.left], [undefined, undefined, undefined]);
    assert.equal(value.grid, EASY_ANSWER);
    assert.ok(value.ms < value.segment / 2, `${value.ms} ms to cancel in a segment of ${value.segment} ms`);
    assert.ok(device === 'cpu' ? value.during === 0 : value.during > 2 * value.before);
    assert.deepEqual([value.after, value.end], [value.before, value.before]);
    silent(said);
    await context.close();
  });
}

test('a lost device: the run goes on to the same answer, and so does the next', async () => {
  const { page, said, context } = await lab(gpu);
  const value = await page.evaluate(
    async ({ easy, deep }) => {
      const devices = [];
      const { requestDevice } = GPUAdapter.prototype;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        const device = await requestDevice.apply(this, args);
        devices.push(device);
        return device;
      };
      const core = await lab.load('/weights/sudoku', 'webgpu');
      const options = { halt: 'fixed', segments: 3 };
      const whole = await lab.all(core, [deep], options);
      const bytes = core.gpuBytes();
      // While a segment is on its way.
      const run = core.start([deep], options);
      const steps = await run.next();
      const pending = run.next();
      devices.at(-1).destroy();
      steps.push(...(await pending));
      for (let some; (some = await run.next()); ) steps.push(...some);
      run.free();
      const afterRun = devices.length;
      // Between two solves.
      devices.at(-1).destroy();
      await devices.at(-1).lost;
      const next = await lab.all(core, [easy], {});
      const afterNext = devices.length;
      // Twice within one run is once too often.
      const twice = core.start([deep], options);
      await twice.next();
      devices.at(-1).destroy();
      await twice.next();
      devices.at(-1).destroy();
      const error = await lab.refused(() => twice.next());
      const over = await twice.next();
      twice.free();
      const last = await lab.all(core, [easy], {});
      const end = core.gpuBytes();
      core.free();
      const lost = await Promise.race([devices.at(-1).lost.then(({ reason }) => reason), new Promise((r) => setTimeout(r, 1000))]);
      const grids = (steps) => steps.map(({ grid }) => grid);
      return { whole: grids(whole), steps: grids(steps), next: grids(next), last: grids(last), afterRun, afterNext, error, over, bytes, end, lost };
    },
    { easy: EASY, deep: DEEP },
  );
  assert.deepEqual(value.steps, value.whole);
  assert.deepEqual([value.next.at(-1), value.last.at(-1)], [EASY_ANSWER, EASY_ANSWER]);
  assert.deepEqual([value.afterRun, value.afterNext], [2, 3]);
  assert.deepEqual([value.error?.name, value.over], ['DeviceLostError', undefined]);
  assert.match(value.error.hint, /again/);
  assert.equal(value.end, value.bytes);
  assert.equal(value.lost, 'destroyed', 'free() gives the device back');
  silent(said);
  await context.close();
});

test('a device that does not come back is a DeviceLostError until it does', async () => {
  const { page, said, context } = await lab(gpu);
  const value = await page.evaluate(
    async ({ easy }) => {
      const { requestDevice } = GPUAdapter.prototype;
      const { requestAdapter } = GPU.prototype;
      let device;
      GPUAdapter.prototype.requestDevice = async function (...args) {
        return (device = await requestDevice.apply(this, args));
      };
      const core = await lab.load('/weights/sudoku', 'webgpu');
      GPU.prototype.requestAdapter = async () => null;
      device.destroy();
      await device.lost;
      const error = await lab.refused(() => lab.all(core, [easy], {}));
      GPU.prototype.requestAdapter = requestAdapter;
      return { error, next: await lab.all(core, [easy], {}) };
    },
    { easy: EASY },
  );
  assert.equal(value.error?.name, 'DeviceLostError');
  assert.equal(value.next.at(-1).grid, EASY_ANSWER);
  silent(said);
  await context.close();
});

for (const device of ['cpu', 'webgpu']) {
  // BROWSER_PUZZLES=1000 for a longer look.
  const count = Number(process.env.BROWSER_PUZZLES ?? (device === 'cpu' ? 100 : 40));
  test(`memory does not grow over ${count} puzzles on ${device}`, async () => {
    const { page, said, context } = await lab(gpu);
    const session = await context.newCDPSession(page);
    await session.send('Runtime.enable');
    const heap = async () => {
      for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage');
      return (await session.send('Runtime.getHeapUsage')).usedSize;
    };
    // Buffers and images are counted where the browser makes and frees them, too.
    await page.evaluate(async (device) => {
      window.alive = 0;
      for (const kind of device === 'webgpu' ? ['Buffer', 'Texture'] : []) {
        const [device, thing] = [GPUDevice.prototype, globalThis[`GPU${kind}`].prototype];
        const [create, destroy] = [device[`create${kind}`], thing.destroy];
        device[`create${kind}`] = function (...args) {
          window.alive++;
          return create.apply(this, args);
        };
        thing.destroy = function () {
          window.alive--;
          return destroy.apply(this);
        };
      }
      window.core = await lab.load('/weights/sudoku', device);
    }, device);
    const solve = (count) =>
      page.evaluate(
        async ({ puzzle, answer, count }) => {
          let right = 0;
          for (let i = 0; i < count; i++) {
            const [last] = (await lab.all(core, [puzzle], { confidences: i % 2 === 0 })).slice(-1);
            if (last.grid === answer) right++;
          }
          return { right, wasm: lab.memory.buffer.byteLength, gpu: core.gpuBytes(), alive: window.alive };
        },
        { puzzle: EASY, answer: EASY_ANSWER, count },
      );
    const first = { ...(await solve(10)), heap: await heap() };
    const last = { ...(await solve(count - 10)), heap: await heap() };
    assert.deepEqual([first.right, last.right], [10, count - 10]);
    assert.deepEqual([last.wasm, last.gpu, last.alive], [first.wasm, first.gpu, first.alive]);
    assert.ok(device === 'cpu' ? last.alive === 0 : last.alive > 0);
    assert.ok(last.heap - first.heap < 200_000, `JavaScript heap: ${first.heap} bytes, then ${last.heap}`);
    silent(said);
    await context.close();
  });
}
