// The toy task of examples/latin on the real page: its Rust folder in the core, its twin in the page, a line of each
// registry, and the package in between as it is published.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundle, PROGRAMS } from '../../crates/web/npm/bundle.mjs';
import { blank, browser, grid, headline, ready, silent, start, tab, using } from './site.mjs';

const SQUARE = '1234214334124321';
const QUESTION = '1.....4....2.3..';

/** The built page with the task: the core that has it, a folder, and a line of the registry. */
async function siteWithLatin() {
  const root = mkdtempSync(join(tmpdir(), 'latin-'));
  const here = import.meta.dirname;
  cpSync(join(here, '../../examples/web/dist'), root, { recursive: true });
  const compiled = join(root, 'compiled');
  cpSync(join(here, '../../target/wasm-latin'), compiled, { recursive: true });
  // It is compiled once, for all engines.
  cpSync(join(compiled, PROGRAMS[0]), join(compiled, PROGRAMS[1]));
  await bundle(compiled, join(root, 'hrm-webgpu/dist'));
  mkdirSync(join(root, 'tasks/latin'));
  cpSync(join(here, 'latin.js'), join(root, 'tasks/latin/index.js'));
  const registry = join(root, 'tasks/index.js');
  const before = readFileSync(registry, 'utf8');
  const after = before.replace(/(tasks = \[.*)\]/, '$1, latin]');
  assert.notEqual(after, before);
  writeFileSync(registry, `import { latin } from './latin/index.js';\n${after}`);
  return root;
}

const CONFIG = {
  family: 'hrm', task: 'latin', seq_len: 16, vocab_size: 6, H_cycles: 1, L_cycles: 1, H_layers: 1, L_layers: 1,
  hidden_size: 32, num_heads: 4, expansion: 1, pos_encodings: 'learned', rope_theta: 10000, rms_norm_eps: 1e-5,
  puzzle_emb_ndim: 0, num_puzzle_identifiers: 0, halt_max_steps: 4, forward_dtype: 'float32', loss_type: 'softmax_cross_entropy',
};
const SHAPES = {
  'embed_tokens.embedding_weight': [6, 32], 'embed_pos.embedding_weight': [16, 32], 'lm_head.weight': [6, 32],
  'q_head.weight': [2, 32], 'q_head.bias': [2], H_init: [32], L_init: [32],
};
for (const level of ['H_level', 'L_level']) {
  const parts = { 'self_attn.qkv_proj': [96, 32], 'self_attn.o_proj': [32, 32], 'mlp.gate_up_proj': [512, 32], 'mlp.down_proj': [32, 256] };
  for (const [part, shape] of Object.entries(parts)) SHAPES[`${level}.layers.0.${part}.weight`] = shape;
}

/** A weight file whose tensors are made from their names and shapes. */
function weights(make) {
  const header = {};
  const values = [];
  for (const [name, shape] of Object.entries(SHAPES)) {
    const begin = 4 * values.length;
    values.push(...make(name, shape));
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, 4 * values.length] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.from(Float32Array.from(values).buffer)]);
}

const size = (shape) => shape.reduce((a, b) => a * b, 1);

/** Random weights, the same everywhere. */
function untrained() {
  let state = 1;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return weights((_, shape) => Array.from({ length: size(shape) }, () => (2 * random() - 1) * Math.sqrt(3 / shape.at(-1))));
}

/** Answers every question with SQUARE: blocks add nothing, and each position knows its digit. */
function knowing() {
  return weights((name, shape) => {
    const values = new Array(size(shape)).fill(0);
    if (name.startsWith('embed_pos')) [...SQUARE].forEach((digit, cell) => (values[cell * 32 + Number(digit) + 1] = 1));
    if (name.startsWith('lm_head')) for (let id = 0; id < 6; id++) values[id * 32 + id] = 1;
    return values;
  });
}

const MODELS = { untrained: untrained(), knowing: knowing() };
const config = Buffer.from(JSON.stringify(CONFIG));
const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer });

let root, site, cpu;
before(async () => {
  root = await siteWithLatin();
  [site, cpu] = await Promise.all([start({ root }), browser()]);
});
after(async () => {
  await Promise.all([site?.stop(), cpu?.close()]);
  if (root) rmSync(root, { recursive: true });
});

test('the toy task is read, run, judged and drawn on the page', async () => {
  const { page, said, context } = await tab(cpu, { reducedMotion: 'reduce' });
  await page.goto(site.url);
  await ready(page);
  await page.click('#tasks [data-name=latin]');
  await page.click('#options summary');
  await page.fill('#tries-most', '4');
  const open = async (name) => {
    await page.setInputFiles('#files', [file(`${name}.safetensors`, MODELS[name]), file('config.json', config)]);
    await page.waitForFunction((name) => document.querySelector('#model-name').textContent === name, `${name}.safetensors`);
    await ready(page);
  };

  await open('untrained');
  await page.click('#text');
  await page.fill('#text-area', '1...\n..4.\n...2\n.3..');
  await page.click('#text-ok');
  await page.waitForSelector('#text-dialog', { state: 'hidden' });
  assert.equal(await grid(page), QUESTION);
  await page.click('#solve');
  await headline(page, 'Not solved');
  assert.equal(await page.locator('#tries button').count(), 4);
  assert.ok((await page.locator('[aria-invalid=true]').count()) > 0);
  assert.notEqual(await grid(page), QUESTION);

  await open('knowing');
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.equal(await grid(page), SQUARE);
  assert.equal(await page.locator('[aria-invalid=true]').count(), 0);
  silent(said);
  await context.close();
});

test('the core knows the toy task: text, questions that it refuses, the verdict of its rules and of the page', async () => {
  const { page, said, context } = await blank(cpu, site);
  const models = Object.fromEntries(Object.entries(MODELS).map(([name, bytes]) => [name, [...bytes]]));
  const { value, error } = await using(
    page,
    async ({ Solver }, { models, config, question }) => {
      const { find } = await import('/tasks/index.js');
      const told = {};
      for (const [name, bytes] of Object.entries(models)) {
        const solver = await Solver.create({ model: { weights: new Blob([Uint8Array.from(bytes)]), config: new Blob([config]) } });
        const { rules } = find(solver.model.task);
        const { answer, valid, tries } = await solver.answer(question.match(/.{4}/g).join('\n'), { tries: 4 });
        const refused = await solver.answer('11..\n....\n....\n....').catch((error) => [error.name, error.message]);
        const faults = rules.faults(question, answer.replaceAll('\n', '')).length;
        told[name] = { task: solver.model.task, answer, valid, tries, faults, refused };
        solver.free();
      }
      return told;
    },
    { models, config: String(config), question: QUESTION },
  );
  assert.equal(error, undefined);
  const { untrained, knowing } = value;
  assert.equal(untrained.task, 'latin');
  assert.equal(knowing.answer.replaceAll('\n', ''), SQUARE);
  assert.deepEqual([knowing.valid, knowing.faults], [true, 0]);
  assert.equal(untrained.valid, false);
  assert.ok(untrained.faults > 0);
  for (const { refused } of [untrained, knowing]) {
    assert.equal(refused[0], 'InvalidPuzzleError');
    assert.match(refused[1], /two equal givens/);
  }
  silent(said);
  await context.close();
});
