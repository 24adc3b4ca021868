/** The engine: the compiled core, on the thread that imports this module. */

import * as core from './core/hrm_core.js';
import type { Core, Run } from './core/hrm_core.js';
import { HrmError, LEFT_BEHIND, LoadError, toError } from './errors.js';
import { takeFaster } from './faster.js';
import { fetchAny } from './host.js';
import { load, type Located } from './model.js';
import type {
  Checked,
  Device,
  DeviceChoice,
  DeviceInfo,
  Made,
  ModelInfo,
  Progress,
  Reading,
  RunOptions,
  Step,
  TraceSegment,
} from './types.js';

/** The module that wasm-bindgen generates. */
type Module = typeof core;

/** What an engine is asked to open. */
export interface OpenRequest {
  model: Located;
  device: DeviceChoice;
  keep: boolean;
}

/** What an engine has opened. */
export interface Opened {
  device: Device;
  model: ModelInfo;
}

/** A model on a device, on this thread or in a Worker. Calls reject with the errors of `errors.ts`. */
export interface Engine {
  open(request: OpenRequest): Promise<Opened>;
  /** Reads the puzzles of a text, those of a task if it has any. */
  read(text: string, task?: string): Promise<Reading[]>;
  /** Says what the rules know of a puzzle, and of an answer to it. */
  check(puzzle: string, task?: string, answer?: string): Promise<Checked>;
  generate(task: string, seed: number, count: number, level?: string, side?: number, moves?: number, givens?: number): Promise<Made[]>;
  /** Begins a run; resolves to its number. */
  start(puzzles: string[], options: RunOptions): Promise<number>;
  /** Resolves to the steps of a run's next segments, or undefined once it has ended. */
  next(run: number): Promise<Step[] | undefined>;
  /** Ends a run; the current segment is still computed to its end. */
  cancel(run: number): void;
  /** Runs exactly so many segments of one sample, given as ids. */
  trace(inputs: readonly number[], segments: number): Promise<TraceSegment[]>;
  devices(): Promise<DeviceInfo[]>;
  /** Ends everything; pending calls reject with the reason. */
  free(reason?: Error): unknown;
}

/** The core, on this thread. */
export class LocalEngine implements Engine {
  readonly #wasm: readonly string[];
  readonly #report: (progress: Progress) => void;
  #module: Promise<Module> | undefined;
  #core: Core | undefined;
  #warmingUp = Promise.resolve();
  readonly #runs = new Map<number, Run>();
  #started = 0;
  #freed = false;

  constructor(wasm: readonly string[], report: (progress: Progress) => void) {
    this.#wasm = wasm;
    this.#report = report;
  }

  async open({ model, device, keep }: OpenRequest): Promise<Opened> {
    try {
      const module = this.#load();
      // Where the model fails too, that is what is told.
      module.catch(() => {});
      const allocate = async (length: number) => new (await module).ModelBytes(length);
      const { config, bytes, identifiers } = await load(model, keep, allocate, this.#report);
      this.#report({ stage: 'device' });
      const core = await (await module).Core.open(config, bytes, device, identifiers);
      if (device === 'auto' && core.device().kind === 'webgpu') await takeFaster(core, keep);
      const opened = { device: core.device(), model: core.model() };
      this.#core = core;
      // Compiles shaders in the meantime. A failure here occurs again, and is reported, in a solve.
      if (opened.device.kind === 'webgpu') this.#warmingUp = core.warmUp().catch(() => {});
      if (this.#freed) this.free();
      return opened;
    } catch (error) {
      throw toError(error);
    }
  }

  async read(text: string, task?: string): Promise<Reading[]> {
    return (await this.#load()).read(text, task);
  }

  async check(puzzle: string, task?: string, answer?: string): Promise<Checked> {
    return (await this.#load()).check(puzzle, task, answer);
  }

  async generate(...recipe: Parameters<Engine['generate']>): Promise<Made[]> {
    return (await this.#load()).generate(...recipe);
  }

  async start(puzzles: string[], options: RunOptions): Promise<number> {
    if (!this.#core) throw new HrmError('no model is open');
    try {
      this.#runs.set(++this.#started, this.#core.start(puzzles, options));
      return this.#started;
    } catch (error) {
      throw toError(error);
    }
  }

  async next(number: number): Promise<Step[] | undefined> {
    const run = this.#runs.get(number);
    if (!run) return undefined;
    try {
      const steps = await run.next();
      if (!steps) this.#end(number);
      return steps;
    } catch (error) {
      this.#end(number);
      throw toError(error);
    }
  }

  cancel(number: number): void {
    this.#runs.get(number)?.cancel();
    this.#end(number);
  }

  async trace(inputs: readonly number[], segments: number): Promise<TraceSegment[]> {
    if (!this.#core) throw new HrmError('no model is open');
    try {
      const traced = await this.#core.trace([...inputs], [], segments);
      return traced.flatMap(([sample]) => (sample ? [sample] : []));
    } catch (error) {
      throw toError(error);
    }
  }

  async devices(): Promise<DeviceInfo[]> {
    return (await this.#load()).Core.devices();
  }

  free(): void {
    this.#freed = true;
    for (const number of [...this.#runs.keys()]) this.#end(number);
    const core = this.#core;
    this.#core = undefined;
    // Until then the core is borrowed.
    void this.#warmingUp.then(() => core?.free());
  }

  #end(number: number): void {
    this.#runs.get(number)?.free();
    this.#runs.delete(number);
  }

  #load(): Promise<Module> {
    this.#module ??= loadModule(this.#wasm, this.#report);
    return this.#module;
  }
}

/** Loads the program from the first address that has it. */
async function loadModule(addresses: readonly string[], report: (progress: Progress) => void): Promise<Module> {
  report({ stage: 'program' });
  let failure: unknown;
  for (const wasm of addresses) {
    try {
      return await loadFrom(wasm);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function loadFrom(wasm: string): Promise<Module> {
  let hint = LEFT_BEHIND;
  try {
    const response = await fetchAny(wasm);
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    if (response.headers.get('content-type')?.startsWith('text/html')) throw new Error('the server answered with a web page');
    hint = "it needs WebAssembly SIMD and, in a page's Content-Security-Policy, script-src 'wasm-unsafe-eval'";
    await core.default({ module_or_path: response });
    return core;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LoadError(`the program could not be loaded from ${wasm}: ${reason}`, hint);
  }
}
