// What the tests of the wasm core share: a page with the module in it, served from memory, and the golden data.
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { PROGRAMS } from '../../crates/web/npm/bundle.mjs';
import { tab } from './site.mjs';

const ROOT = join(import.meta.dirname, '../..');
// A secure context, as WebGPU demands; nothing is ever sent there.
const ORIGIN = 'http://localhost';
const PAGE = '<!doctype html><title>core</title><link rel="icon" href="data:,">';
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** A page where `lab` is: the core of target/wasm, by one of its programs, and functions over it. */
export async function lab(browser, program = PROGRAMS[0]) {
  const opened = await tab(browser);
  await opened.context.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: PAGE });
    const body = readFileSync(join(ROOT, pathname));
    return route.fulfill({ contentType: TYPES[extname(pathname)] ?? 'application/octet-stream', body });
  });
  await opened.page.goto(`${ORIGIN}/`);
  await opened.page.evaluate(async (program) => {
    const { default: init, Core, ModelBytes } = await import('/target/wasm/hrm_core.js');
    const start = performance.now();
    const { memory } = await init({ module_or_path: `/target/wasm/${program}` });
    const compiled = performance.now() - start;
    const get = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
    /** Opens the bytes of a model. */
    const open = (config, bytes, device) => {
      const room = new ModelBytes(bytes.length);
      // In pieces, as a network brings them.
      for (let at = 0; at < bytes.length; at += 100_000) room.write(at, bytes.subarray(at, at + 100_000));
      return Core.open(config, room, device);
    };
    /** Opens a folder of the repository. */
    const load = async (folder, device) =>
      open(await (await fetch(`${folder}/config.json`)).text(), await get(`${folder}/model.safetensors`), device);
    /** All steps of a run. */
    const all = async (core, puzzles, options) => {
      const run = core.start(puzzles, options);
      const steps = [];
      for (let some; (some = await run.next()); ) steps.push(...some);
      run.free();
      return steps;
    };
    /** What was thrown, as data. */
    const refused = async (work) => {
      try {
        await work();
      } catch (error) {
        const { name, message, hint, puzzle } = error;
        return { name, message, hint, puzzle, isError: error instanceof Error };
      }
      return undefined;
    };
    window.lab = { Core, ModelBytes, memory, compiled, get, open, load, all, refused };
  }, program);
  return opened;
}

/** The tensors of a safetensors file, by name: `{ shape, values }`. */
export function tensors(path) {
  const bytes = readFileSync(join(ROOT, path));
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, end));
  const kinds = { F32: Float32Array, I32: Int32Array };
  const found = Object.entries(header).filter(([, { dtype }]) => dtype in kinds);
  return Object.fromEntries(
    found.map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
      const { buffer } = Uint8Array.from(bytes.subarray(end + from, end + to));
      return [name, { shape, values: new kinds[dtype](buffer) }];
    }),
  );
}

/** ‖found − official‖ / ‖official‖. */
export function relativeL2(found, official) {
  let [difference, norm] = [0, 0];
  official.forEach((value, i) => {
    difference += (found[i] - value) ** 2;
    norm += value ** 2;
  });
  return found.length === official.length ? Math.sqrt(difference / norm) : NaN;
}
