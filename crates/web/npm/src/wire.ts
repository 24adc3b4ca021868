/** The way to an engine: into a Worker of a browser or of Node.js, or to this thread. */

import { LEFT_BEHIND, LoadError, OptionsError } from './errors.js';
import { base, builtin } from './host.js';
import { BASELINE, hasRelaxedSimd, RELAXED } from './programs.js';

/** Where the package's files are, and whether the engine has a thread of its own. */
export interface Place {
  worker: boolean;
  workerUrl: string | URL | undefined;
  wasmUrl: string | URL | undefined;
}

export interface Wire {
  post(message: unknown): void;
  /** Whether Node.js waits for a message. */
  hold(isWaiting: boolean): void;
  end(): unknown;
}

/** What becomes of messages, and of an engine that has stopped. */
export interface Ears {
  hear(message: unknown): void;
  stopped(reason: string): void;
}

/** Its presence tells the engine's script that it was not started as a Worker. @internal */
export const LOCAL = Symbol.for('hrm-webgpu');

/** The first message of a Worker. @internal */
export const READY = 'ready';

// Bundlers that know of files take all of these along.
const worker = (): URL => new URL('./worker.js', import.meta.url);
const baseline = (): URL => new URL('./hrm_core_bg.wasm', import.meta.url);
const relaxed = (): URL => new URL('./hrm_core_relaxed_bg.wasm', import.meta.url);

/**
 * Returns the addresses of the compiled program, to be tried in order: an own one alone; without it those that the
 * engine can run, beside a Worker's own address. The last one runs everywhere, and may be all that a host has copied.
 */
export function wasmOf({ workerUrl, wasmUrl }: Place): string[] {
  if (wasmUrl) return [address('wasmUrl', wasmUrl).href];
  const beside = workerUrl && address('workerUrl', workerUrl);
  const programs = beside ? [RELAXED, BASELINE].map((name) => neighbour(name, beside)) : [relaxed(), baseline()];
  return programs.slice(hasRelaxedSimd() ? 0 : 1).map(({ href }) => href);
}

/** The address of a file beside a Worker: those made of text (`data:`) or of memory (`blob:`) have none. */
function neighbour(name: string, worker: URL): URL {
  try {
    return new URL(name, worker);
  } catch {
    throw new OptionsError(`workerUrl: expected an address with ${name} beside it, found one of ${worker.protocol}`, 'give `wasmUrl`, too');
  }
}

function address(option: string, url: string | URL): URL {
  try {
    return new URL(url, base());
  } catch {
    throw new OptionsError(`${option}: expected an address, found ${String(url)}`);
  }
}

/** Starts an engine. */
export async function connect(place: Place, ears: Ears): Promise<Wire> {
  if (!place.worker) return here(ears);
  const url = place.workerUrl ? address('workerUrl', place.workerUrl) : worker();
  if (typeof Worker === 'undefined') return thread(url, ears);
  try {
    return await start(url, ears);
  } catch (error) {
    // A Worker from another origin is refused, and one without headers of its own on pages with some; a script of this
    // page that imports it is not.
    const blob = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: 'text/javascript' }));
    try {
      return await start(blob, ears);
    } catch {
      throw await failure(url, error, place);
    } finally {
      URL.revokeObjectURL(blob);
    }
  }
}

/** On this thread. */
async function here(ears: Ears): Promise<Wire> {
  Object.assign(globalThis, { [LOCAL]: true });
  let serve: (port: MessagePort) => void;
  try {
    ({ serve } = await import('./worker.js'));
  } catch (error) {
    throw new LoadError(`the program could not be loaded: ${said(error)}`, 'worker.js of the package must stand beside its index.js');
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<unknown>) => ears.hear(data);
  serve(port2);
  return {
    post: (message) => port1.postMessage(message),
    hold: (isWaiting) => [port1, port2].forEach((port) => hold(port, isWaiting)),
    end: () => {
      port1.postMessage({ end: true });
      hold(port2, false);
      port1.close();
    },
  };
}

function start(url: URL | string, ears: Ears): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(url, { type: 'module', name: 'hrm' });
    const wire = { post: (message: unknown) => worker.postMessage(message), hold: (on: boolean) => hold(worker, on), end: () => worker.terminate() };
    let isUp = false;
    worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data !== READY) return ears.hear(data);
      isUp = true;
      resolve(wire);
    });
    const stopped = (reason: string) => {
      if (isUp) return ears.stopped(reason);
      worker.terminate();
      reject(new Error(reason));
    };
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      stopped(event.message || 'its script could not be loaded');
    });
    worker.addEventListener('messageerror', () => stopped('a message could not be read'));
  });
}

/** What is used of `worker_threads`. */
interface Threads {
  Worker: new (url: URL) => {
    on(event: 'message' | 'error' | 'exit', hear: (what: unknown) => void): void;
    postMessage(message: unknown): void;
    ref(): void;
    unref(): void;
    terminate(): Promise<unknown>;
  };
}

/** A Worker of Node.js. */
async function thread(url: URL, ears: Ears): Promise<Wire> {
  const threads = builtin<Threads>('worker_threads');
  if (!threads) throw new LoadError('there are no Workers here', '`worker: false` computes on the thread that calls; Node.js must be 20.16 or later');
  return new Promise((resolve, reject) => {
    const worker = new threads.Worker(url);
    let [isUp, isEnding] = [false, false];
    const wire: Wire = {
      post: (message) => worker.postMessage(message),
      hold: (on) => hold(worker, on),
      end: () => ((isEnding = true), worker.terminate()),
    };
    worker.on('message', (message) => {
      if (message !== READY) return ears.hear(message);
      isUp = true;
      resolve(wire);
    });
    const stopped = (reason: string) => {
      if (isUp && !isEnding) ears.stopped(reason);
      else reject(unstarted(url, reason, WHERE));
    };
    worker.on('error', (error) => stopped(said(error)));
    worker.on('exit', () => stopped('it ended'));
  });
}

/** Browsers have no such thing: a page is there until it is left. */
function hold(what: object, isWaiting: boolean): void {
  const { ref, unref } = what as { ref?(): void; unref?(): void };
  (isWaiting ? ref : unref)?.call(what);
}

/** Explains why a Worker did not start; the browser does not. */
async function failure(url: URL, error: unknown, { workerUrl }: Place): Promise<LoadError> {
  const answer = await fetch(url, { method: 'HEAD' }).catch(() => undefined);
  const isPage = answer?.headers.get('content-type')?.startsWith('text/html');
  let [reason, hint] = [said(error), ''];
  if (answer?.ok && !isPage) {
    hint = "the script is there, so the browser refuses it: look at the page's Content-Security-Policy (worker-src)";
  } else {
    if (answer) reason = isPage ? 'the server answered with a web page' : `the server answered ${answer.status}`;
    hint = workerUrl ? WHERE : LEFT_BEHIND;
  }
  return unstarted(url, reason, hint);
}

const WHERE = "`workerUrl` must be the address of the package's worker.js";

function unstarted(url: URL, reason: string, hint: string): LoadError {
  return new LoadError(`the Worker could not be started from ${url.href}: ${reason}`, hint);
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
