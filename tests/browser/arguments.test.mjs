// What programs in plain JavaScript may give by mistake, for every argument of every function: typed errors, and nothing that
// nobody catches. In Node.js, where that would end the process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HrmError, Solver } from '../../crates/web/npm/dist/index.js';
import { EASY } from './site.mjs';

const ODD = [undefined, null, 3, -1, 1.5, NaN, Infinity, 10n, 'x', '', '\ud800', true, {}, [], [undefined], () => {}, Symbol('odd'), new Date()];
const IDS = Array(81).fill(1);

/** Each function by its name, with an odd value in the place of one argument. */
function calls(solver, worker) {
  const create = (options) => Solver.create({ worker, ...options }).then((other) => other.free());
  const drain = async (steps) => {
    for await (const _ of steps);
  };
  const files = { weights: new Blob(), config: new Blob() };
  const by = (names, call) => Object.fromEntries(names.map((name) => [name, (odd) => call({ [name]: odd })]));
  const run = ['halt', 'segments', 'tries', 'variants', 'noise', 'signal', 'confidences', 'candidates', 'states', 'blankIdentifier', 'other'];
  return {
    create: by(['model', 'device', 'keep', 'signal', 'worker', 'workerUrl', 'wasmUrl', 'onProgress', 'other'], create),
    files: by(['weights', 'config', 'sha256', 'identifiers'], (file) => create({ model: { ...files, ...file } })),
    address: by(['url', 'config', 'sha256'], (part) => create({ model: { url: 'file:///nowhere/', ...part } })),
    generate: by(['task', 'count', 'seed', 'level', 'side', 'moves', 'other'], (recipe) => solver.generate(recipe)),
    answer: by(run, (options) => solver.answer(EASY, { segments: 1, ...options })),
    solve: by(run, (options) => drain(solver.solve(EASY, { segments: 1, ...options }))),
    solveMany: by(['batch', 'workers', 'signal'], (options) => drain(solver.solveMany([EASY], { segments: 1, ...options }))),
    first: {
      create: (odd) => Solver.create(odd).then((other) => other.free()),
      devices: (odd) => Solver.devices(odd),
      read: (odd) => solver.read(odd),
      check: (odd) => solver.check(odd),
      generate: (odd) => solver.generate(odd),
      trace: (odd) => solver.trace(odd, 1),
      answer: (odd) => solver.answer(odd),
      solve: (odd) => drain(solver.solve(odd)),
      solveMany: (odd) => drain(solver.solveMany(odd)),
    },
    second: {
      check: (odd) => solver.check(EASY, odd),
      trace: (odd) => solver.trace(IDS, odd),
      answer: (odd) => solver.answer(EASY, odd),
      solve: (odd) => drain(solver.solve(EASY, odd)),
      solveMany: (odd) => drain(solver.solveMany([], odd)),
    },
    inside: {
      trace: (odd) => solver.trace([...IDS.slice(1), odd], 1),
      solveMany: (odd) => drain(solver.solveMany([EASY, odd], { segments: 1 })),
    },
  };
}

for (const worker of [true, false]) {
  test(`no argument brings an error of JavaScript's own, ${worker ? 'in a Worker' : 'on this thread'}`, async (t) => {
    const solver = await Solver.create({ worker });
    t.after(() => solver.free());
    const taken = [];
    for (const [group, functions] of Object.entries(calls(solver, worker))) {
      for (const [name, call] of Object.entries(functions)) {
        for (const odd of ODD) {
          const what = `${group}.${name}: ${typeof odd} ${typeof odd === 'object' ? JSON.stringify(odd) : String(odd)}`;
          const error = await call(odd).then(() => undefined, (error) => error);
          if (error === undefined) taken.push(what);
          else assert.ok(error instanceof HrmError, `${what}: ${error}`);
          assert.doesNotMatch(String(error?.message), /unexpectedly|not a function|not iterable|undefined \(/, what);
        }
      }
    }
    // What another type would silently become: the id 0, no noise, no signal.
    for (const name of ['inside.trace: string x', 'inside.trace: number 1.5', 'inside.trace: number -1', 'answer.noise: number NaN', 'answer.signal: string ', 'first.solveMany: string ', 'create.onProgress: number 3']) {
      assert.ok(!taken.includes(name), name);
    }
  });

  test(`what onProgress throws is the caller's to catch, ${worker ? 'in a Worker' : 'on this thread'}`, async () => {
    const mine = new Error('mine');
    const onProgress = () => {
      throw mine;
    };
    await assert.rejects(Solver.create({ worker, onProgress }), mine);
  });
}
