/** From a {@link ModelSource} to weights in the core's memory: streamed, checked, and kept for the next time. */

import { bundled, NAMES } from './bundled.js';
import { isFresh, Keeper, kept, keepText, keptText } from './cache.js';
import { LEFT_BEHIND, ModelError, OptionsError } from './errors.js';
import { base, fetchAny } from './host.js';
import { shown } from './options.js';
import type { ModelBytes } from './core/hrm_core.js';
import type { ModelSource, Progress } from './types.js';

/** The exact location of a model; can be sent to a Worker. */
export interface Located {
  /** An address, or a file. */
  weights: string | Blob;
  /** An address, a file, or the configuration itself. */
  config: { url: string } | { text: string } | Blob;
  sha256: string | undefined;
  /** The names of the puzzles that it knows, where they came with it. */
  identifiers?: Blob | string | undefined;
}

/** Locates a source; relative addresses are relative to the page. */
export function locate(source: ModelSource): Located {
  const name = NAMES.find((name) => name === source);
  if (name) {
    const { url, config, sha256, identifiers } = bundled[name];
    return { weights: url.href, config: { text: config }, sha256, identifiers };
  }
  if (typeof source === 'string' || source instanceof URL) return locate({ url: source });
  if (typeof source !== 'object' || source === null) throw new ModelError(`expected a model, found ${shown(source)}`);
  if ('url' in source) {
    const url = absolute(source.url);
    const isFile = new URL(url).pathname.endsWith('.safetensors');
    const weights = isFile ? url : inFolder(url, 'model.safetensors');
    const config = { url: source.config ? absolute(source.config) : inFolder(weights, 'config.json') };
    return { weights, config, sha256: hash(source.sha256) };
  }
  if ('weights' in source) {
    const { weights, config, identifiers } = source;
    for (const [name, file] of Object.entries({ weights, config, ...(identifiers != null && { identifiers }) })) {
      if (!(file instanceof Blob)) throw new ModelError(`${name}: expected a file, found ${shown(file)}`, 'addresses go by `url`');
    }
    return { weights, config, sha256: hash(source.sha256), identifiers };
  }
  const files: readonly unknown[] = Symbol.iterator in source ? [...source] : [source];
  if (!files.every(isFile)) {
    throw new ModelError(`expected a model, found ${shown(source)}`, 'a model is a name, an address, `{ url }`, `{ weights, config }`, or a list of files');
  }
  const one = (end: string, what: string): File => {
    const found = files.filter((file) => file.name.endsWith(end));
    const exact = found.find((file) => file.name === what) ?? found[0];
    if (exact && (found.length === 1 || exact.name === what)) return exact;
    const names = files.map((file) => file.name).join(', ') || 'none';
    const need = found.length > 1 ? `${found.length} files end in ${end}` : `no file ends in ${end}`;
    throw new ModelError(`${need}; the files are: ${names}`, 'choose model.safetensors and config.json together');
  };
  const identifiers = files.find((file) => file.name === 'identifiers.json');
  return { weights: one('.safetensors', 'model.safetensors'), config: one('.json', 'config.json'), sha256: undefined, identifiers };
}

function isFile(file: unknown): file is File {
  return typeof (file as File | null)?.name === 'string';
}

function absolute(url: string | URL): string {
  try {
    return new URL(url, base()).href;
  } catch {
    throw new ModelError(`"${shown(url)}" is neither a bundled model (${NAMES.join(', ')}) nor an address`);
  }
}

/** Returns the address of a name in a folder, or beside a file; keeps the query (a signature, say). */
function inFolder(base: string, name: string): string {
  const url = new URL(base);
  const folder = url.pathname.endsWith('.safetensors') ? url.pathname.replace(/[^/]*$/, '') : url.pathname;
  url.pathname = folder.replace(/\/?$/, `/${name}`);
  return url.href;
}

function hash(sha256: string | null | undefined): string | undefined {
  if (sha256 === undefined || sha256 === null) return undefined;
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)) return sha256.toLowerCase();
  throw new OptionsError(`sha256: expected 64 hexadecimal digits, found ${shown(sha256)}`);
}

/** The result of loading. The caller frees `bytes`, unless the core takes them. */
export interface Loaded {
  config: string;
  bytes: ModelBytes;
  identifiers: string | undefined;
}

/** Allocates `length` bytes of the core's memory. */
export type Allocate = (length: number) => Promise<ModelBytes>;

/** Loads a model. */
export async function load(
  model: Located,
  keep: boolean,
  allocate: Allocate,
  report: (progress: Progress) => void,
): Promise<Loaded> {
  const config = configOf(model, keep);
  const names = model.identifiers;
  const identifiers = names instanceof Blob ? await names.text() : names;
  const [weights, text] = await Promise.all([weightsOf(model, keep, allocate, report), config.catch(toReason)]);
  if (typeof text === 'string') return { config: text, bytes: weights, identifiers };
  weights.free();
  throw text.reason;
}

/** Turns a rejection into a value, so that a configuration that fails first is not an unhandled rejection. */
function toReason(reason: unknown): { reason: unknown } {
  return { reason };
}

async function configOf({ config }: Located, keep: boolean): Promise<string> {
  if (config instanceof Blob) return config.text();
  if ('text' in config) return config.text;
  try {
    const text = await (await get(config.url)).text();
    if (keep) await keepText(config.url, text);
    return text;
  } catch (error) {
    const before = keep ? await keptText(config.url) : undefined;
    if (before === undefined) throw error;
    return before;
  }
}

async function weightsOf(
  model: Located,
  keep: boolean,
  allocate: Allocate,
  report: (progress: Progress) => void,
): Promise<ModelBytes> {
  const { weights, sha256 } = model;
  if (weights instanceof Blob) {
    const name = weights instanceof File ? weights.name : 'the weights';
    return checked(await read(weights.stream(), name, allocate, report, false), sha256, name);
  }
  const isKept = keep && !('text' in model.config);
  const before = isKept ? await kept(weights) : undefined;
  if (before?.body && (sha256 !== undefined || (await isFresh(weights, before)))) {
    try {
      return checked(await read(before.body, weights, allocate, report, true), sha256, weights);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      // What was kept is damaged or outdated, and is fetched again.
    }
  }
  const response = await get(weights, 'text' in model.config ? LEFT_BEHIND : undefined);
  if (!response.body) throw new ModelError(`${weights}: the server sent nothing`);
  const notice = (message: string) => report({ stage: 'notice', message });
  const keeper = isKept ? new Keeper(weights, response, notice) : undefined;
  try {
    const bytes = checked(await read(response.body, weights, allocate, report, false, keeper), sha256, weights);
    await keeper?.finish();
    return bytes;
  } catch (error) {
    await keeper?.abort();
    throw error;
  }
}

function checked(bytes: ModelBytes, sha256: string | undefined, name: string): ModelBytes {
  const found = sha256 === undefined ? undefined : bytes.sha256();
  if (found === sha256) return bytes;
  bytes.free();
  throw new ModelError(
    `${name}: its SHA-256 is ${found}, wanted was ${sha256}`,
    'it is another version or was damaged on the way: fetch it again, or correct `sha256`',
  );
}

/** Streams a safetensors file into the core. Its length comes from its header, whatever the server says. */
async function read(
  stream: ReadableStream<Uint8Array>,
  name: string,
  allocate: Allocate,
  report: (progress: Progress) => void,
  fromCache: boolean,
  keeper?: Keeper,
): Promise<ModelBytes> {
  const reader = stream.getReader();
  let start: Uint8Array | undefined = new Uint8Array(0);
  let bytes: ModelBytes | undefined;
  let total = 0;
  let loaded = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new ModelError(`${name}: the connection broke off`, 'try again');
      });
      if (done) break;
      let chunk = value;
      if (start) {
        start = joined(start, chunk);
        const length = lengthOf(start, name);
        if (length === undefined) continue;
        [total, chunk, start] = [length, start, undefined];
        bytes = await allocate(total);
        await keeper?.begin(total);
      }
      if (loaded + chunk.length > total) {
        throw new ModelError(`${name}: its header says ${total} bytes, but it has more`, 'it is no safetensors file');
      }
      bytes?.write(loaded, chunk);
      await keeper?.write(chunk);
      loaded += chunk.length;
      report({ stage: 'model', loaded, total, kept: fromCache });
    }
    if (!bytes || loaded < total) {
      const whole = bytes ? `${total}` : 'more';
      const found = loaded + (start?.length ?? 0);
      throw new ModelError(`${name}: it ends after ${found} bytes of ${whole}`, 'the file was cut: fetch it again');
    }
    return bytes;
  } catch (error) {
    bytes?.free();
    reader.cancel().catch(() => {});
    throw error;
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Returns the length of a safetensors file by its header; undefined until the header has arrived. */
function lengthOf(start: Uint8Array, name: string): number | undefined {
  if (start.length < 8) return undefined;
  const header = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
  // The format's own limit.
  if (header < 2 || header > 100e6) throw notSafetensors(name);
  if (start.length < 8 + header) return undefined;
  let end = 0;
  try {
    const tensors: unknown = JSON.parse(new TextDecoder().decode(start.subarray(8, 8 + header)));
    for (const tensor of Object.values(tensors as Record<string, { data_offsets?: [number, number] }>)) {
      end = Math.max(end, tensor.data_offsets?.[1] ?? 0);
    }
  } catch {
    throw notSafetensors(name);
  }
  if (!Number.isSafeInteger(end)) throw notSafetensors(name);
  return 8 + header + end;
}

function notSafetensors(name: string): ModelError {
  return new ModelError(`${name}: it is no safetensors file`, 'look at what the address or the file really holds');
}

/** Fetches an address; throws an error that explains a failure. */
async function get(url: string, hint?: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetchAny(url);
  } catch {
    throw await unreachable(url);
  }
  if (!response.ok) {
    throw new ModelError(
      `${url}: the server answered ${response.status} ${response.statusText}`.trimEnd(),
      hint ?? `a model is ${NAMES.join(', ')}, or the address of a folder with model.safetensors and config.json`,
    );
  }
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    throw new ModelError(`${url}: the server answered with a web page`, hint ?? 'the address is wrong, or needs a login');
  }
  return response;
}

/** Explains a failed fetch. Browsers do not say why, but a second, opaque request shows whether it is CORS. */
async function unreachable(url: string): Promise<ModelError> {
  const { origin } = new URL(url);
  if (origin !== globalThis.location?.origin && origin !== 'null') {
    const answers = await fetch(url, { method: 'HEAD', mode: 'no-cors' }).then(
      () => true,
      () => false,
    );
    if (answers) {
      return new ModelError(
        `${url}: ${origin} does not allow other sites to read it (CORS)`,
        'have it send the header "Access-Control-Allow-Origin: *", put the files beside your page, ' +
          'or let the user choose them (pass the File objects)',
      );
    }
  }
  return new ModelError(
    `${url}: it could not be reached`,
    'check the address and the connection, and that the page\'s Content-Security-Policy allows it (connect-src)',
  );
}
