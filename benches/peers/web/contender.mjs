// A contender in Chromium: `contender.mjs ort|hrm webgpu|wasm MODEL INPUTS THREADS`; answers the lines of ../README.md.
// onnxruntime-web and playwright-core are found in MODEL/../web, our own build in target/wasm.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const [runtime, device, model, inputs, threads] = process.argv.slice(2);
const here = import.meta.dirname;
const work = path.dirname(path.resolve(model));
const { chromium } = createRequire(path.join(work, 'web', 'package.json'))('playwright-core');
const chrome = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((file) => file && existsSync(file));
if (!chrome) throw new Error('no Chromium here: CHROMIUM names one');

// What the page may fetch. Isolated from other origins, so that WebAssembly may have threads.
const roots = { page: here, ort: path.join(work, 'web/node_modules/onnxruntime-web/dist'),
  hrm: path.join(work, '../wasm'), model: path.resolve(model) };
const types = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const server = createServer((request, response) => {
  const [, root, ...rest] = decodeURIComponent(new URL(request.url, 'http://localhost').pathname).split('/');
  try {
    const file = readFileSync(path.join(roots[root], ...rest));
    response.writeHead(200, {
      'content-type': types[path.extname(rest.at(-1))] ?? 'application/octet-stream',
      'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp',
    }).end(file);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));

const profile = mkdtempSync(path.join(tmpdir(), 'hrm-peers-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: chrome,
  args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--enable-unsafe-webgpu', '--enable-features=Vulkan'],
});
const page = await context.newPage();
page.setDefaultTimeout(600_000);
page.on('console', (message) => console.error(message.text()));
page.on('pageerror', (error) => console.error(error.message));
const say = (answer) => console.log(JSON.stringify(answer));
const end = async () => {
  await context.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
};

function tensors(file) {
  const bytes = readFileSync(file);
  const size = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + size).toString());
  const slice = ([from, to]) => bytes.buffer.slice(bytes.byteOffset + 8 + size + from, bytes.byteOffset + 8 + size + to);
  return Object.fromEntries(Object.entries(header).filter(([name]) => name !== '__metadata__')
    .map(([name, { shape, data_offsets }]) => [name, { shape, data: slice(data_offsets) }]));
}

function save(file, values) {
  let end = 0;
  const header = {};
  const parts = Object.entries(values).map(([name, list]) => {
    const bytes = Buffer.from(Float32Array.from(list).buffer);
    header[name] = { dtype: 'F32', shape: [list.length], data_offsets: [end, (end += bytes.length)] };
    return bytes;
  });
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(file, Buffer.concat([size, text, ...parts]));
}

try {
  const started = performance.now();
  await page.goto(`http://localhost:${server.address().port}/page/contender.html`);
  const { shape: [, seqLen], data } = tensors(inputs).inputs;
  const tokens = [...new Int32Array(data)];
  const name = await page.evaluate(([...given]) => window.open_contender(...given),
    [runtime, device, Number(threads), tokens, seqLen]);
  say({ ready: name, load_ms: performance.now() - started });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [what, size, argument] = line.split(' ');
    if (what === 'check') {
      save(argument, await page.evaluate((size) => window.contender.check(size), Number(size)));
      say({ ok: true });
    } else {
      say({ ms: await page.evaluate(([size, n]) => window.contender.time(size, n), [Number(size), Number(argument)]) });
    }
  }
} finally {
  await end();
}
