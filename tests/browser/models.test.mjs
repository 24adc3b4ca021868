// Models from addresses and files: streamed, checked, kept; and what a server or a browser can do wrong.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { blank, browser, EASY, EASY_ANSWER, silent, start, using } from './site.mjs';

const folder = new URL('../../weights/sudoku/', import.meta.url);
const config = readFileSync(new URL('config.json', folder));
const weights = readFileSync(new URL('model.safetensors', folder));
const sha256 = createHash('sha256').update(weights).digest('hex');
/** Cross-origin, and not subject to the policy of the site's own page. */
const ELSEWHERE = 'https://models.example/';

let site, chromium;
before(async () => {
  // The page here is the developer's, who lets it read from elsewhere.
  [site, chromium] = await Promise.all([start({ policy: "default-src 'self' https: 'wasm-unsafe-eval'" }), browser()]);
});
after(() => Promise.all([site?.stop(), chromium?.close()]));

/** Answers requests for models; counts those for weights. */
async function serve(context, files, { base = `${site.url}own/`, headers = {} } = {}) {
  const asked = [];
  await context.route(`${base}**`, (route) => {
    const request = route.request();
    const name = new URL(request.url()).pathname.split('/').pop();
    asked.push(`${request.method()} ${name}`);
    const body = files[name];
    if (body === undefined) return route.fulfill({ status: 404, body: 'not here' });
    if (body === 'abort') return route.abort();
    if (typeof body === 'function') return body(route);
    return route.fulfill({ body, contentType: 'application/octet-stream', headers });
  });
  return asked;
}

const open = async ({ Solver }, { model, puzzle, keep = true }) => {
  const kept = [];
  const onProgress = (progress) => progress.stage === 'model' && kept.push(progress.kept);
  const solver = await Solver.create({ model, keep, onProgress });
  const { answer } = await solver.answer(puzzle);
  const { notices } = solver;
  solver.free();
  return { answer, kept: kept.at(-1), notices };
};

test('a model folder is fetched, checked and kept', async () => {
  const { page, said, context } = await blank(chromium, site);
  const asked = await serve(context, { 'config.json': config, 'model.safetensors': weights });
  const model = { url: 'own/', sha256 };
  const first = await using(page, open, { model, puzzle: EASY });
  assert.deepEqual(first, { value: { answer: EASY_ANSWER, kept: false, notices: [] } });
  const second = await using(page, open, { model, puzzle: EASY });
  assert.deepEqual(second, { value: { answer: EASY_ANSWER, kept: true, notices: [] } });
  assert.deepEqual(asked.filter((what) => what.includes('safetensors')), ['GET model.safetensors']);
  // What was kept serves without a connection.
  await context.unroute(`${site.url}own/**`);
  await serve(context, { 'config.json': 'abort', 'model.safetensors': 'abort' });
  const third = await using(page, open, { model, puzzle: EASY });
  assert.equal(third.value?.answer, EASY_ANSWER);
  assert.deepEqual(said.filter((text) => !/ERR_FAILED/.test(text)), []);
  await context.close();
});

test('without a hash the server is asked whether the model changed', async () => {
  const { page, context } = await blank(chromium, site);
  let etag = '"one"';
  const body = (bytes) => (route) => route.fulfill({ body: bytes, headers: { etag } });
  const asked = await serve(context, { 'config.json': body(config), 'model.safetensors': body(weights) });
  const model = 'own/model.safetensors';
  const kept = [];
  for (const now of ['"one"', '"one"', '"two"', '"two"']) {
    etag = now;
    kept.push((await using(page, open, { model, puzzle: EASY })).value?.kept);
  }
  assert.deepEqual(kept, [false, true, false, true]);
  assert.equal(asked.filter((what) => what === 'GET model.safetensors').length, 2);
  await context.close();
});

test('keep: false keeps nothing', async () => {
  const { page, context } = await blank(chromium, site);
  await serve(context, { 'config.json': config, 'model.safetensors': weights });
  const { value } = await using(page, open, { model: 'own/', puzzle: EASY, keep: false });
  assert.equal(value.answer, EASY_ANSWER);
  assert.deepEqual(await page.evaluate(() => caches.keys()), []);
  await context.close();
});

test('files of an input', async () => {
  const { page, said, context } = await blank(chromium, site);
  await page.setContent('<input type="file" multiple>');
  const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
  await page.setInputFiles('input', [file('config.json', config), file('model.safetensors', weights)]);
  const fromInput = async ({ Solver }, puzzle) => {
    const solver = await Solver.create({ model: document.querySelector('input').files });
    const { answer } = await solver.answer(puzzle);
    solver.free();
    return answer;
  };
  assert.deepEqual(await using(page, fromInput, EASY), { value: EASY_ANSWER });
  await page.setInputFiles('input', [file('model.safetensors', weights)]);
  const { error } = await using(page, fromInput, EASY);
  assert.equal(error.type, 'ModelError');
  assert.match(`${error.message} ${error.hint}`, /\.json.*model\.safetensors.*choose/);
  silent(said);
  await context.close();
});

const html = (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
const other = Buffer.from(weights);
other[other.length - 1] ^= 1;

for (const [what, files, model, message] of [
  ['cut in half', { 'model.safetensors': weights.subarray(0, weights.length / 2) }, { url: 'own/' }, /ends after 670494 bytes of 1340988/],
  ['cut in its header', { 'model.safetensors': weights.subarray(0, 100) }, { url: 'own/' }, /ends after 100 bytes of more/],
  ['empty', { 'model.safetensors': Buffer.alloc(0) }, { url: 'own/' }, /ends after 0 bytes/],
  ['no model', { 'model.safetensors': Buffer.from('hello, this is something else') }, { url: 'own/' }, /no safetensors file/],
  ['too long', { 'model.safetensors': Buffer.concat([weights, weights]) }, { url: 'own/' }, /it has more/],
  ['another one', { 'model.safetensors': other }, { url: 'own/', sha256 }, /SHA-256 is [0-9a-f]{64}, wanted was/],
  ['not there', {}, { url: 'own/' }, /answered 404/],
  ['a web page', { 'model.safetensors': html }, { url: 'own/' }, /web page/],
  ['without a configuration', { 'model.safetensors': weights, 'config.json': undefined }, { url: 'own/' }, /config\.json: the server answered 404/],
  ['with a configuration that is none', { 'model.safetensors': weights, 'config.json': Buffer.from('{') }, { url: 'own/' }, /config/i],
  ['at no address', {}, 'http://', /neither a bundled model/],
]) {
  test(`a model that is ${what} is a ModelError, and the next one works`, async () => {
    const { page, context } = await blank(chromium, site);
    await serve(context, { 'config.json': config, ...files });
    const { error, value } = await using(page, open, { model, puzzle: EASY });
    assert.equal(error?.type, 'ModelError', JSON.stringify({ error, value }));
    assert.match(error.message, message);
    const kept = await page.evaluate(async () => (await caches.open('hrm-webgpu-models')).match('/own/model.safetensors'));
    // Weights are kept that are whole; what their configuration is, is another matter.
    if (!what.includes('configuration')) assert.equal(kept, undefined, 'nothing broken is kept');
    assert.equal((await using(page, open, { model: 'sudoku', puzzle: EASY })).value?.answer, EASY_ANSWER);
    await context.close();
  });
}

test('a server that forbids reading is named, with what to do', async () => {
  const { page, context } = await blank(chromium, site);
  const files = { 'config.json': config, 'model.safetensors': weights };
  await serve(context, files, { base: ELSEWHERE, headers: { 'access-control-allow-origin': 'https://other.example' } });
  const { error } = await using(page, open, { model: ELSEWHERE, puzzle: EASY });
  assert.equal(error.type, 'ModelError');
  assert.match(error.message, /models\.example does not allow other sites to read it \(CORS\)/);
  assert.match(error.hint, /Access-Control-Allow-Origin/);
  await context.unroute(`${ELSEWHERE}**`);
  await serve(context, files, { base: ELSEWHERE, headers: { 'access-control-allow-origin': '*' } });
  assert.equal((await using(page, open, { model: ELSEWHERE, puzzle: EASY })).value?.answer, EASY_ANSWER);
  await context.unroute(`${ELSEWHERE}**`);
  await serve(context, { 'config.json': 'abort', 'model.safetensors': 'abort' }, { base: ELSEWHERE });
  const gone = await using(page, open, { model: ELSEWHERE, puzzle: EASY, keep: false });
  assert.match(gone.error.message, /could not be reached/);
  await context.close();
});

for (const [what, estimate] of [['is full', 500_000], ['turns out to be full', 1e12]]) {
  test(`where the storage ${what}, it goes on without keeping, and says so`, async () => {
    const { page, context } = await blank(chromium, site);
    await serve(context, { 'config.json': config, 'model.safetensors': weights });
    await page.route('**/dist/worker.js', async (route) => {
      const response = await route.fetch();
      const says = `Object.defineProperty(navigator.storage, 'estimate', { value: async () => ({ quota: ${estimate}, usage: 0 }) });\n`;
      await route.fulfill({ response, body: says + (await response.text()) });
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Storage.overrideQuotaForOrigin', { origin: new URL(site.url).origin, quotaSize: 500_000 });
    const { value, error } = await using(page, open, { model: 'own/', puzzle: EASY });
    assert.equal(error, undefined);
    assert.equal(value.answer, EASY_ANSWER);
    assert.equal(value.notices.length, 1, JSON.stringify(value.notices));
    assert.match(value.notices[0], /could not be kept.*storage is full/);
    await context.close();
  });
}
