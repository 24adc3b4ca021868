// The package, as developers use it: on the page and in a Worker, on WebGPU and on the CPU, and what goes wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { blank, browser, DEEP, EASY, EASY_ANSWER, silent, start, using, workers } from './site.mjs';

let site, cpu, gpu;
before(async () => {
  [site, cpu, gpu] = await Promise.all([start(), browser(), browser({ webgpu: true })]);
});
after(() => Promise.all([site?.stop(), cpu?.close(), gpu?.close()]));

for (const device of ['webgpu', 'cpu']) {
  for (const worker of [true, false]) {
    test(`solves on ${device}, ${worker ? 'in a Worker' : 'on the page'}`, async () => {
      const { page, said, context } = await blank(gpu, site);
      const { value, error } = await using(
        page,
        async ({ Solver }, { device, worker, puzzle }) => {
          const stages = [];
          const solver = await Solver.create({ device, worker, onProgress: (progress) => stages.push(progress) });
          const steps = [];
          for await (const step of solver.solve(puzzle)) steps.push(step);
          const answer = await solver.answer(puzzle);
          const { kind } = solver.device;
          const { task, parameters, segments } = solver.model;
          solver.free();
          const after = await solver.answer(puzzle).catch(({ message }) => message);
          const sure = steps.map(({ confidences }) => [confidences.length, Math.min(...confidences)]);
          return { stages, steps: steps.map(({ confidences, ...step }) => step), sure, answer, kind, task, parameters, segments, after };
        },
        { device, worker, puzzle: EASY },
      );
      assert.equal(error, undefined);
      const { steps, answer, sure, stages } = value;
      assert.equal(value.kind, device);
      assert.deepEqual([value.task, value.segments], ['sudoku', 16]);
      assert.ok(value.parameters > 600_000);
      assert.equal(steps.at(-1).grid, EASY_ANSWER);
      assert.deepEqual(steps.map(({ segment }) => segment), steps.map((_, i) => i + 1));
      assert.deepEqual([sure[0][0], sure[0][1] > 0, sure[0][1] <= 1], [81, true, true]);
      assert.equal(answer.answer, EASY_ANSWER);
      assert.deepEqual([answer.valid, answer.stopped, answer.tries, answer.variant], [true, 'valid', 1, 'given']);
      assert.ok(Number.isFinite(answer.qHalt) && answer.ms > 0);
      assert.match(value.after, /freed/);
      const model = stages.filter(({ stage }) => stage === 'model');
      assert.equal(model.at(-1).loaded, model.at(-1).total);
      assert.deepEqual([...new Set(stages.map(({ stage }) => stage))].sort(), ['device', 'model', 'program']);
      silent(said);
      await context.close();
    });
  }
}

/** Makes the adapter in software look like a real one, in this page, and waits so long for it, in milliseconds. */
const disguise = (patience) => {
  const wait = setTimeout;
  globalThis.setTimeout = (call, ms, ...rest) => wait(call, ms === 20_000 ? patience : ms, ...rest);
  for (const kind of [globalThis.GPUAdapterInfo, globalThis.GPUAdapter]) {
    if (kind && 'isFallbackAdapter' in kind.prototype) Object.defineProperty(kind.prototype, 'isFallbackAdapter', { get: () => false });
  }
};

test('auto takes the faster of GPU and CPU, and remembers which', async () => {
  const { page, said, context } = await blank(gpu, site);
  await page.evaluate(disguise, 300_000);
  const opened = (options) =>
    using(
      page,
      async ({ Solver }, { options, puzzle }) => {
        const solver = await Solver.create({ worker: false, ...options });
        const { answer, device } = await solver.answer(puzzle);
        const told = { ...solver.device, answer, by: device };
        solver.free();
        return told;
      },
      { options, puzzle: EASY },
    );
  const cache = () => page.evaluate(async () => {
    const models = await caches.open('hrm-webgpu-models');
    const found = (await models.keys()).filter(({ url }) => url.includes('/faster?'));
    return Promise.all(found.map(async ({ url }) => [url, await (await models.match(url)).text()]));
  });
  const keep = (url, text) => page.evaluate(async ([url, text]) => (await caches.open('hrm-webgpu-models')).put(url, new Response(text)), [url, text]);

  // Not kept where nothing is to be kept.
  assert.equal((await opened({ keep: false })).value.answer, EASY_ANSWER);
  assert.deepEqual(await cache(), []);
  const first = (await opened()).value;
  const [[url, kept], ...others] = await cache();
  assert.deepEqual(others, []);
  assert.equal(first.reason ?? '', kept);
  assert.equal(first.kind, kept ? 'cpu' : 'webgpu');
  if (kept) {
    const [, there, gpu] = kept.match(/^a segment takes ([\d.]+) ms there, and ([\d.]+) ms on .*SwiftShader/i);
    assert.ok(Number(there) <= Number(gpu), kept);
  }
  // What was found before is not found anew.
  await keep(url, '');
  const faster = (await opened()).value;
  assert.deepEqual([faster.kind, faster.reason, faster.answer, faster.by], ['webgpu', undefined, EASY_ANSWER, faster.name]);
  await keep(url, 'it was faster before');
  const slower = (await opened()).value;
  assert.deepEqual([slower.kind, slower.reason, slower.answer, slower.by], ['cpu', 'it was faster before', EASY_ANSWER, slower.name]);
  silent(said);
  await context.close();
});

for (const [what, how, patience, why] of [
  ['never answers', () => new Promise(() => {}), 300, /: expected an answer within 20 seconds, found none$/],
  ['fails', () => Promise.reject(new Error('no')), 300_000, /did not compute a segment: (?!expected)/],
]) {
  test(`auto goes to the CPU where the GPU ${what}, and tries it again the next time`, async () => {
    const { page, context } = await blank(gpu, site);
    await page.evaluate(disguise, patience);
    await page.evaluate(`GPUBuffer.prototype.mapAsync = ${how}`);
    const { value, error } = await using(
      page,
      async ({ Solver }, puzzle) => {
        const solver = await Solver.create({ worker: false });
        const { answer } = await solver.answer(puzzle);
        const told = { ...solver.device, answer };
        solver.free();
        const kept = await (await caches.open('hrm-webgpu-models')).keys();
        return { ...told, kept: kept.filter(({ url }) => url.includes('/faster?')).length };
      },
      EASY,
    );
    assert.equal(error, undefined);
    assert.deepEqual([value.kind, value.answer, value.kept], ['cpu', EASY_ANSWER, 0]);
    assert.match(value.reason, /SwiftShader.* did not compute a segment: /i);
    assert.match(value.reason, why);
    await context.close();
  });
}

test('where program and model both fail, one error is told, and nothing is left unheard', async () => {
  const { page, said, context } = await blank(cpu, site);
  await page.route('**/*.wasm', (route) => route.fulfill({ status: 404, body: '' }));
  const { error } = await using(page, ({ Solver }) => Solver.create({ worker: false, model: 'http://localhost:1/nothing.safetensors' }));
  assert.ok(['ModelError', 'HrmError'].includes(error.type), JSON.stringify(error));
  await page.waitForTimeout(300);
  assert.deepEqual(said.filter((line) => line.startsWith('uncaught')), []);
  await context.close();
});

test('reads the puzzles of a text, and says what is wrong in their place', async () => {
  const { page, said, context } = await blank(cpu, site);
  const { value, error } = await using(
    page,
    async ({ Solver }, texts) => {
      const read = [];
      for (const worker of [true, false]) {
        const solver = await Solver.create({ worker });
        for (const text of texts) read.push(await solver.read(text));
        solver.free();
      }
      return read;
    },
    [`Grid 01\n${EASY.match(/.{9}/g).join('\n')}\n\n${EASY.slice(1)}\n`, '#####\n#S G#\n#####\n#####\n#####', ''],
  );
  assert.equal(error, undefined);
  const maze = '#####\n#S G#\n#####\n#####\n#####';
  const expected = [
    [{ task: 'sudoku', puzzle: EASY, line: 2 }, { error: 'expected 81 cells, found 80', line: 12 }],
    [{ task: 'maze', puzzle: maze, line: 1 }],
    [{ error: 'expected a puzzle, found none', line: 0 }],
  ];
  assert.deepEqual(value, [...expected, ...expected]);
  silent(said);
  await context.close();
});

test('checks puzzles and answers, and makes new ones, as the command does', async () => {
  const { page, said, context } = await blank(cpu, site);
  const { value, error } = await using(
    page,
    async ({ Solver, HrmError }, { easy, answer, deep }) => {
      const found = [];
      // The weights of no tensors.
      const empty = new Blob([new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0]), '{}']);
      for (const worker of [true, false]) {
        const solver = await Solver.create({ worker, model: null });
        const one = async (...what) => {
          const { task, question, valid, faults } = await solver.check(...what);
          return [task, question, valid, faults.map(({ message, cells }) => [message, cells.length])];
        };
        const refused = async (work) => work.then(() => 'nothing', (error) => [error instanceof HrmError, error.code, error.message]);
        found.push({
          checked: [
            await one(easy),
            await one(easy, answer),
            await one(easy, `${answer.slice(0, 80)}1`),
            await one('.'.repeat(81)),
            await one(`55${'.'.repeat(79)}`),
            await one('#####\n#S G#\n#####\n#####\n#####', '#####\n#SoG#\n#####\n#####\n#####'),
          ],
          made: await solver.generate({ level: 'hard', seed: 7, count: 2 }),
          maze: (await solver.generate({ task: 'maze', seed: 7, side: 12 }))[0],
          differ: (await solver.generate())[0].puzzle !== (await solver.generate())[0].puzzle,
          refused: [
            await refused(solver.check('12')),
            await refused(solver.check(easy, 5)),
            await refused(solver.generate({ level: 'none' })),
            await refused(solver.generate({ seed: -1 })),
            await refused(solver.generate({ count: 0.5 })),
            await refused(solver.generate({ count: 1e9 })),
            await refused(solver.answer(5)),
            await refused(solver.answer(deep, { segments: -1 })),
            await refused(solver.answer(deep, { halt: () => 'valid' })),
            await refused(Solver.create({ worker, wasmUrl: 'http://' })),
            await refused(Solver.create({ worker, wasmUrl: '/index.html' })),
            await refused(Solver.create({ worker, modle: 'maze' })),
            await refused(Solver.devices({ worker, wasmURL: '/' })),
            await refused(solver.generate({ sed: 7 })),
            await refused(solver.answer(deep, { segmnets: 2 })),
            await refused(solver.answer(deep, 'fast')),
            await refused(Solver.create({ worker, model: { url: '/', sha256: 'abc' } })),
            await refused(Solver.create({ worker, model: { url: '/', sha256: 5 } })),
            await refused(Solver.create({ worker, model: { weights: empty, config: empty, sha256: '0'.repeat(64) } })),
          ],
          // Null is as good as nothing.
          nulls: [
            (await solver.answer(easy, null)).answer,
            (await solver.answer(easy, { segments: null, signal: null })).answer,
            (await solver.check(easy, null)).valid,
            (await solver.generate(null)).length,
            (await Solver.devices(null)).at(-1).kind,
          ],
        });
        const steps = [];
        for await (const step of solver.solve(deep, { segments: 2, candidates: true, states: true })) steps.push(step);
        const [first, second] = steps.map(({ grid, confidences, candidates, zH, zL }) => ({
          sums: [0, 80].map((cell) => candidates.subarray(11 * cell, 11 * cell + 11).reduce((sum, one) => sum + one, 0).toFixed(4)),
          same: [...grid].every((digit, cell) => candidates[11 * cell + Number(digit) + 1] === confidences[cell]),
          lengths: [candidates.length, zH.norm.length, zL.norm.length, zH.change?.length],
        }));
        Object.assign(found.at(-1), { first, second });
        await solver[Symbol.asyncDispose]();
        found.at(-1).freed = await refused(solver.check(easy));
      }
      return found;
    },
    { easy: EASY, answer: EASY_ANSWER, deep: DEEP },
  );
  assert.equal(error, undefined);
  await workers(page, 0);
  const [one, other] = value;
  assert.deepEqual(one, other, 'in a Worker and on the page');
  const [, , wrong, , clash] = one.checked;
  assert.deepEqual(one.checked, [
    ['sudoku', 'unique', null, []],
    ['sudoku', 'unique', true, []],
    ['sudoku', 'unique', false, wrong[3]],
    ['sudoku', 'several', null, []],
    ['sudoku', 'clash', null, clash[3]],
    ['maze', 'unique', true, []],
  ]);
  assert.ok(wrong[3].some(([message]) => /more than once in row 9/.test(message)), JSON.stringify(wrong));
  assert.match(clash[3][0][0], /5 stands more than once in row 1/);
  // What `hrm generate sudoku --level hard --seed 7 --count 2` prints.
  assert.deepEqual(one.made.map(({ puzzle }) => puzzle), [
    '.5.7.3..4....65.19..6........7....3..1.....876.3..81..38.52......4......2...3.9..',
    '4...3....5.3...8.7...9.7........8.4..4..65.282.....7.......6.53726.......3...42..',
  ]);
  assert.deepEqual(one.maze.puzzle.split('\n').map((row) => row.length), Array(12).fill(12));
  assert.match(one.maze.answer, /o/);
  assert.ok(one.differ);
  assert.deepEqual(one.refused.map(([isOurs, code]) => [isOurs, code]), [
    ...Array(2).fill([true, 'invalid-puzzle']), ...Array(4).fill([true, 'options']), [true, 'invalid-puzzle'], ...Array(3).fill([true, 'options']), [true, 'load'],
    ...Array(7).fill([true, 'options']), [true, 'model'],
  ]);
  for (const [, , message] of one.refused.slice(11, 15)) assert.match(message, /^options: (unknown field `\w+`, expected one of `\w+`, |expected an object)/);
  assert.match(one.refused.at(-1)[2], /SHA-256 is [0-9a-f]{64}, wanted was 0/);
  assert.deepEqual(one.nulls, [EASY_ANSWER, EASY_ANSWER, null, 1, 'cpu']);
  for (const [, , message] of one.refused) assert.doesNotMatch(message, /usize|invalid value|unexpectedly/);
  assert.deepEqual(one.first, { sums: ['1.0000', '1.0000'], same: true, lengths: [891, 81, 81, undefined] });
  assert.deepEqual(one.second, { ...one.first, lengths: [891, 81, 81, 81] });
  assert.deepEqual(one.freed.slice(0, 2), [true, 'freed']);
  silent(said);
  await context.close();
});

test('answers many puzzles, in Workers side by side on the CPU', async () => {
  const { page, said, context } = await blank(cpu, site);
  const { value, error } = await using(
    page,
    async ({ Solver }, puzzles) => {
      const solver = await Solver.create();
      const answers = [];
      for await (const { index, puzzle, answer } of solver.solveMany(puzzles, { batch: 2, workers: 2, segments: 2 })) {
        answers.push({ index, puzzle, answer });
      }
      const none = [];
      for await (const answer of solver.solveMany([])) none.push(answer);
      const bad = await solver.solveMany([...puzzles, '12'], { batch: 2, workers: 2 }).next().catch((error) => error);
      const { reason } = solver.device;
      // Not freed, so that its Workers can be counted.
      return { answers, none, bad: { name: bad.name, puzzle: bad.puzzle }, reason };
    },
    [EASY, DEEP, EASY, DEEP, EASY, DEEP],
  );
  assert.equal(error, undefined);
  await workers(page, 2);
  const { answers } = value;
  assert.deepEqual(answers.map(({ index }) => index).sort(), [0, 1, 2, 3, 4, 5]);
  for (const { index, puzzle, answer } of answers) {
    assert.equal(puzzle, index % 2 ? DEEP : EASY);
    if (index % 2 === 0) assert.equal(answer, EASY_ANSWER);
  }
  assert.deepEqual(value.none, []);
  assert.deepEqual(value.bad, { name: 'InvalidPuzzleError', puzzle: 6 });
  assert.match(value.reason, /no WebGPU adapter/);
  silent(said);
  await context.close();
});

test('tells what the browser offers', async () => {
  for (const [browser, kinds] of [[gpu, ['webgpu', 'cpu']], [cpu, ['cpu']]]) {
    const { page, context } = await blank(browser, site);
    const { value } = await using(page, ({ Solver }) => Solver.devices());
    assert.deepEqual(value.map(({ kind }) => kind), kinds);
    assert.deepEqual(value.map(({ auto }) => auto), kinds.map((kind) => kind === 'cpu'));
    await workers(page, 0);
    await context.close();
  }
});

test('several solves at once share the device', async () => {
  const { page, said, context } = await blank(cpu, site);
  const { value } = await using(
    page,
    async ({ Solver }, [easy, deep]) => {
      const solver = await Solver.create();
      const answers = await Promise.all([deep, easy, easy].map((puzzle) => solver.answer(puzzle, { segments: 4 })));
      solver.free();
      return answers.map(({ answer, segments }) => [answer, segments]);
    },
    [EASY, DEEP],
  );
  assert.deepEqual(value.slice(1), [[EASY_ANSWER, 1], [EASY_ANSWER, 1]]);
  assert.equal(value[0][1], 4);
  silent(said);
  await context.close();
});

test('wrong puzzles and options get their typed errors, and the next solve works', async () => {
  for (const worker of [true, false]) {
    const { page, said, context } = await blank(cpu, site);
    const { value } = await using(
      page,
      async (hrm, { worker, puzzle }) => {
        const solver = await hrm.Solver.create({ worker });
        const tell = (error) => ({
          type: Object.keys(hrm).find((name) => hrm[name] === error.constructor),
          name: error.name,
          message: error.message,
          hint: error.hint,
          isOurs: error instanceof hrm.HrmError,
        });
        const errors = [];
        for (const [text, options] of [
          ['12', {}],
          [`55${'.'.repeat(79)}`, {}],
          [puzzle, { halt: 'never' }],
          [puzzle, { segments: 0 }],
          [puzzle, { tries: 1e9 }],
        ]) {
          errors.push(await solver.answer(text, options).then(() => undefined, tell));
        }
        const { answer } = await solver.answer(puzzle);
        solver.free();
        return { errors, answer };
      },
      { worker, puzzle: EASY },
    );
    const types = ['InvalidPuzzleError', 'InvalidPuzzleError', 'OptionsError', 'OptionsError', 'OptionsError'];
    assert.deepEqual(value.errors.map((error) => error?.type), types);
    for (const { type, name, message, isOurs } of value.errors) {
      assert.equal(name, type);
      assert.ok(isOurs && message.length > 10, message);
    }
    assert.match(value.errors[0].hint, /81 cells, 9 by 9: .*digit/);
    assert.equal(value.answer, EASY_ANSWER);
    silent(said);
    await context.close();
  }
});

test('without an adapter, webgpu is a NoAdapterError', async () => {
  const { page, context } = await blank(cpu, site);
  const { error } = await using(page, ({ Solver }) => Solver.create({ device: 'webgpu' }));
  assert.equal(error.type, 'NoAdapterError');
  assert.match(error.message, /no WebGPU adapter/);
  assert.match(error.hint, /cpu/);
  await workers(page, 0);
  await context.close();
});

for (const device of ['webgpu', 'cpu']) {
  test(`a signal ends a solve within a segment on ${device}, and the next solve works`, async () => {
    const { page, said, context } = await blank(gpu, site);
    const { value, error } = await using(
      page,
      async ({ Solver }, { device, easy, deep, count }) => {
        const solver = await Solver.create({ device });
        const stop = new AbortController();
        const seen = [];
        let reason;
        try {
          for await (const { segment } of solver.solve(deep, { halt: 'fixed', segments: 500, signal: stop.signal })) {
            seen.push(segment);
            setTimeout(() => stop.abort(new Error('enough')), 1);
          }
        } catch (error) {
          reason = error.message;
        }
        const before = await solver.answer(easy, { signal: AbortSignal.abort() }).catch(({ name }) => name);
        let first;
        for await (const step of solver.solve(deep, { halt: 'fixed', segments: 500 })) {
          first = step.segment;
          break;
        }
        const many = solver.solveMany(Array(count).fill(deep), { signal: AbortSignal.timeout(30), workers: 2 });
        const timeout = await many.next().then(() => many.next()).catch(({ name }) => name);
        const { answer } = await solver.answer(easy);
        solver.free();
        return { seen, reason, before, first, timeout, answer };
      },
      { device, easy: EASY, deep: DEEP, count: device === 'cpu' ? 40 : 2 },
    );
    assert.equal(error, undefined);
    assert.equal(value.reason, 'enough');
    assert.ok(value.seen.length < 100, `${value.seen.length} segments after the abort`);
    assert.equal(value.before, 'AbortError');
    assert.equal(value.first, 1);
    assert.equal(value.timeout, 'TimeoutError');
    assert.equal(value.answer, EASY_ANSWER);
    silent(said);
    await context.close();
  });
}

test('freeing ends what goes on, with an error', async () => {
  for (const worker of [true, false]) {
    const { page, said, context } = await blank(cpu, site);
    const { value } = await using(
      page,
      async ({ Solver }, { worker, deep }) => {
        const solver = await Solver.create({ worker });
        const solving = solver.answer(deep, { halt: 'fixed', segments: 500 }).catch(({ name, message }) => `${name}: ${message}`);
        setTimeout(() => solver.free(), 50);
        return solving;
      },
      { worker, deep: DEEP },
    );
    assert.equal(value, 'HrmError: the solver has been freed');
    await workers(page, 0);
    silent(said);
    await context.close();
  }
});

test('opening can be ended, too', async () => {
  const { page, context } = await blank(cpu, site);
  const { error } = await using(page, ({ Solver }) => {
    const stop = new AbortController();
    return Solver.create({ signal: stop.signal, onProgress: () => stop.abort() });
  });
  assert.equal(error.name, 'AbortError');
  await workers(page, 0);
  await context.close();
});

test('a lost device is a DeviceLostError, and the next solve works', async () => {
  // So that the devices in the Worker can be destroyed.
  const spy = `const request = GPUAdapter.prototype.requestDevice;
    globalThis.devices = [];
    GPUAdapter.prototype.requestDevice = async function (...what) {
      const device = await request.apply(this, what);
      globalThis.devices.push(device);
      return device;
    };\n`;
  const { page, said, context } = await blank(gpu, site);
  await page.route('**/dist/worker.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: spy + (await response.text()) });
  });
  const opened = await using(page, async ({ Solver }) => {
    globalThis.solver = await Solver.create({ device: 'webgpu' });
  });
  assert.equal(opened.error, undefined);
  const lost = using(
    page,
    async (_, deep) => {
      for await (const { segment } of globalThis.solver.solve(deep, { halt: 'fixed', segments: 500 })) globalThis.segment = segment;
    },
    DEEP,
  );
  await page.waitForFunction(() => globalThis.segment >= 1);
  const [worker] = page.workers();
  // Twice: it opens another one by itself, once.
  const destroy = () => worker.evaluate(() => globalThis.devices.forEach((device) => device.destroy()));
  const destroying = setInterval(() => destroy().catch(() => {}), 100);
  const { error } = await lost;
  clearInterval(destroying);
  assert.equal(error?.type, 'DeviceLostError');
  const { value } = await using(page, (_, easy) => globalThis.solver.answer(easy), EASY);
  assert.equal(value.answer, EASY_ANSWER);
  silent(said);
  await context.close();
});

test('a Worker that stops is told, and the next solve starts another one', async () => {
  const { page, context } = await blank(cpu, site);
  await using(page, async ({ Solver }) => {
    globalThis.solver = await Solver.create();
  });
  const solving = using(page, (_, deep) => globalThis.solver.answer(deep, { halt: 'fixed', segments: 500 }), DEEP);
  await page.workers()[0].evaluate(() => setTimeout(() => { throw new Error('broken'); }));
  const { error } = await solving;
  assert.equal(error.type, 'HrmError');
  assert.match(error.message, /Worker stopped.*broken/);
  const { value } = await using(page, (_, easy) => globalThis.solver.answer(easy), EASY);
  assert.equal(value.answer, EASY_ANSWER);
  await context.close();
});

test('many puzzles in one page leave nothing behind', async (t) => {
  const count = Number(process.env.HRM_PUZZLES ?? 100);
  const { page, said, context } = await blank(cpu, site);
  const devtools = await context.newCDPSession(page);
  await page.evaluate(() => {
    const instantiate = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...what) => {
      const made = await instantiate(...what);
      globalThis.memory = made.instance.exports.memory;
      return made;
    };
  });
  await using(page, async ({ Solver }) => {
    globalThis.solver = await Solver.create({ worker: false });
  });
  const solve = (count) =>
    using(
      page,
      async (_, { easy, count }) => {
        for (let i = 0; i < count; i++) {
          // Every third is left in its middle.
          if (i % 3 === 2) for await (const _step of globalThis.solver.solve(easy, { halt: 'fixed', segments: 4 })) break;
          else await globalThis.solver.answer(easy);
        }
        return globalThis.memory.buffer.byteLength;
      },
      { easy: EASY, count },
    );
  const measure = async (count) => {
    const { value: wasm } = await solve(count);
    await devtools.send('HeapProfiler.collectGarbage');
    const { usedSize } = await devtools.send('Runtime.getHeapUsage');
    return { wasm, heap: usedSize };
  };
  const before = await measure(20);
  const after = await measure(count);
  t.diagnostic(`after 20 puzzles ${JSON.stringify(before)}, after ${count} more ${JSON.stringify(after)} bytes`);
  assert.equal(after.wasm, before.wasm);
  assert.ok(after.heap - before.heap < 200_000, `${after.heap - before.heap} bytes more`);
  silent(said);
  await context.close();
});
