import { NAMES } from './bundled.js';
import type { Engine, OpenRequest, Opened } from './engine.js';
import { HrmError, InvalidPuzzleError, OptionsError } from './errors.js';
import { locate } from './model.js';
import { RemoteEngine } from './remote.js';
import type {
  Answer,
  CreateOptions,
  Device,
  DeviceInfo,
  ManyAnswer,
  ManyOptions,
  ModelInfo,
  Progress,
  Reading,
  RunOptions,
  SolveOptions,
  Step,
  TraceSegment,
} from './types.js';

/**
 * Puzzles that a Worker takes at a time. Larger batches are no faster on one thread, and are shared out less evenly.
 */
const CPU_BATCH = 4;

/** Most Workers that are started by default. */
const MOST_WORKERS = 8;

/** All options of a run; the core sees only its own. */
type Wanted = RunOptions & Pick<ManyOptions, 'signal' | 'workers'>;

/** A slot for an engine; once it is broken, the next solve opens another in its place. */
interface Lane {
  engine: Promise<Engine>;
  /** Aborts to end the engine, even while it is opening. */
  end: AbortController;
  broken: boolean;
}

/**
 * A model on a device, ready to think about puzzles.
 *
 * ```ts
 * const solver = await Solver.create();
 * for await (const step of solver.solve('53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79')) {
 *   console.log(step.segment, step.grid);
 * }
 * solver.free();
 * ```
 *
 * Several solves may go on at once; they share the device segment by segment.
 */
export class Solver {
  readonly #request: OpenRequest;
  readonly #inWorker: boolean;
  readonly #report: (progress: Progress) => void;
  readonly #notices: string[] = [];
  /** The first engine serves all solves; further ones, in Workers of their own, serve many puzzles on the CPU. */
  #lanes: Lane[] = [];
  #opened: Opened | undefined;
  #freed = false;

  private constructor({ model = NAMES[0], device = 'auto', keep = true, worker = true, onProgress }: CreateOptions) {
    this.#request = { model: locate(model), device, keep };
    this.#inWorker = worker;
    this.#report = (progress) => {
      if (progress.stage === 'notice') this.#notices.push(progress.message);
      onProgress?.(progress);
    };
  }

  /**
   * Loads a model and opens a device.
   *
   * @throws ModelError where the model cannot be fetched or read, NoAdapterError where `device` is `webgpu` and there is
   * none, the reason of `signal` once it is aborted.
   */
  static async create(options: CreateOptions = {}): Promise<Solver> {
    options.signal?.throwIfAborted();
    const solver = new Solver(options);
    try {
      await orAbort(solver.#lane(0).engine, options.signal);
    } catch (error) {
      solver.free();
      throw error;
    }
    return solver;
  }

  /** Lists the devices that this browser offers. */
  static async devices(): Promise<DeviceInfo[]> {
    const engine = new RemoteEngine(() => {});
    try {
      return await engine.devices();
    } finally {
      engine.free();
    }
  }

  /** The device that the model runs on, and why. */
  get device(): Device {
    return this.#info().device;
  }

  /** The model that the solver runs. */
  get model(): ModelInfo {
    return this.#info().model;
  }

  /** Problems that do not stop the solver, such as a model that could not be kept for the next visit. */
  get notices(): readonly string[] {
    return this.#notices;
  }

  /**
   * Reads the puzzles of a text as `hrm solve` does: a line or a drawing each, tables, lists, files of other programs.
   * What is no puzzle gives an error in its place. Puzzles are those of the model's task if the text has any.
   */
  async read(text: string): Promise<Reading[]> {
    const engine = await this.#lane(0).engine;
    return engine.read(text, this.model.task ?? undefined);
  }

  /**
   * Runs exactly `segments` segments of one puzzle, given as the ids of its cells, without halting. Returns the raw
   * outputs of each: predicted ids, logits of every id in every cell, q, and the states z_H and z_L. What is computed
   * is what {@link solve} computes for its first try.
   */
  async trace(inputs: Iterable<number>, segments: number): Promise<TraceSegment[]> {
    const engine = await this.#lane(0).engine;
    const ids = [...inputs];
    const { seqLen } = this.model;
    if (ids.length !== seqLen) throw new InvalidPuzzleError(`expected ${seqLen} ids, found ${ids.length}`, undefined, 0);
    if (!Number.isInteger(segments) || segments < 1) throw new OptionsError(`segments: expected at least 1, found ${segments}`);
    return engine.trace(ids, segments);
  }

  /**
   * Thinks about a puzzle, a text in any form that the model's task reads. The last step holds the answer. Leaving the
   * loop ends the solve.
   *
   * @throws InvalidPuzzleError, OptionsError, DeviceLostError, or the reason of `signal`.
   */
  async *solve(puzzle: string, options: SolveOptions = {}): AsyncGenerator<Step, void, undefined> {
    const wanted = { confidences: true, ...options };
    for await (const steps of this.#run(this.#lane(0), [puzzle], wanted, options.signal)) yield* steps;
  }

  /** The answer to a puzzle, without its steps. */
  async answer(puzzle: string, options: SolveOptions = {}): Promise<Answer> {
    const wanted = { ...options, steps: false };
    for await (const steps of this.#run(this.#lane(0), [puzzle], wanted, options.signal)) {
      const answer = steps.at(-1)?.answer;
      if (answer) return answer;
    }
    throw new HrmError('it ended without an answer');
  }

  /**
   * Answers many puzzles, in the order in which they are done. On the CPU several Workers take a batch each.
   *
   * @throws As {@link solve}; a puzzle that cannot be read fails before anything is computed.
   */
  async *solveMany(puzzles: Iterable<string>, options: ManyOptions = {}): AsyncGenerator<ManyAnswer, void, undefined> {
    const all = [...puzzles];
    const { signal, workers = Math.min(navigator.hardwareConcurrency || 1, MOST_WORKERS) } = options;
    const wanted = { ...options, steps: false };
    if (all.length === 0) return;
    const lane = this.#lane(0);
    await orAbort(lane.engine, signal);
    const batch = Math.max(1, Math.floor(options.batch ?? CPU_BATCH));
    const canSplit = this.device.kind === 'cpu' && this.#inWorker;
    const lanes = canSplit ? Math.min(workers, Math.ceil(all.length / batch)) : 1;
    if (lanes <= 1) {
      for await (const steps of this.#run(lane, all, wanted, signal)) yield* answersOf(steps, 0);
      return;
    }
    // Reads them all, so that a bad puzzle is reported before the others cost time.
    const { engine, run } = await this.#start(lane, all, wanted, signal);
    engine.cancel(run);
    yield* this.#sideBySide(lanes, all, batch, wanted);
  }

  /** Frees the device and all memory. Solves in progress fail. */
  free(): void {
    this.#freed = true;
    for (const { end } of this.#lanes) end.abort();
    this.#lanes = [];
  }

  #info(): Opened {
    if (!this.#opened) throw new HrmError('the solver is not open');
    return this.#opened;
  }

  #lane(index: number): Lane {
    if (this.#freed) throw new HrmError('the solver has been freed', 'create another one');
    const before = this.#lanes[index];
    if (before && !before.broken) return before;
    const end = new AbortController();
    // Further Workers load what has been loaded before, which is not worth reporting.
    const report = index === 0 ? this.#report : () => {};
    const lane: Lane = { engine: this.#open(report, end.signal), end, broken: false };
    lane.engine.catch(() => (lane.broken = true));
    this.#lanes[index] = lane;
    return lane;
  }

  async #open(report: (progress: Progress) => void, end: AbortSignal): Promise<Engine> {
    const engine: Engine = this.#inWorker
      ? new RemoteEngine(report)
      : new (await import('./engine.js')).LocalEngine(report);
    end.addEventListener('abort', () => engine.free());
    try {
      end.throwIfAborted();
      this.#opened = await engine.open(this.#request);
    } catch (error) {
      engine.free();
      throw error;
    }
    return engine;
  }

  /** Runs several engines side by side: each takes a batch of puzzles, answers it, and takes the next. */
  async *#sideBySide(
    lanes: number,
    puzzles: string[],
    batch: number,
    options: Wanted,
  ): AsyncGenerator<ManyAnswer, void, undefined> {
    const stop = new AbortController();
    const pass = () => stop.abort(options.signal?.reason);
    options.signal?.addEventListener('abort', pass, { once: true });
    if (options.signal?.aborted) pass();
    let taken = 0;
    const work = async function* (this: Solver, lane: Lane): AsyncGenerator<ManyAnswer[], void, undefined> {
      while (taken < puzzles.length) {
        const first = taken;
        taken += batch;
        const some = puzzles.slice(first, taken);
        for await (const steps of this.#run(lane, some, options, stop.signal)) yield answersOf(steps, first);
      }
    };
    const works = Array.from({ length: lanes }, (_, index) => work.call(this, this.#lane(index)));
    const pull = async (work: AsyncGenerator<ManyAnswer[], void, undefined>) => ({ work, result: await work.next() });
    const pending = new Map(works.map((work) => [work, pull(work)]));
    try {
      while (pending.size > 0) {
        const { work, result } = await Promise.race(pending.values());
        if (result.done) {
          pending.delete(work);
        } else {
          pending.set(work, pull(work));
          yield* result.value;
        }
      }
    } finally {
      options.signal?.removeEventListener('abort', pass);
      stop.abort();
      for (const rest of pending.values()) rest.catch(() => {});
    }
  }

  async *#run(
    lane: Lane,
    puzzles: string[],
    options: Wanted,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Step[], void, undefined> {
    const { engine, run } = await this.#start(lane, puzzles, options, signal);
    try {
      for (;;) {
        const steps = await orAbort(engine.next(run), signal);
        if (lane.end.signal.aborted) throw new HrmError('the solver has been freed');
        if (!steps) return;
        yield steps;
      }
    } catch (error) {
      breaks(lane, engine, error);
      throw error;
    } finally {
      engine.cancel(run);
    }
  }

  async #start(
    lane: Lane,
    puzzles: string[],
    options: Wanted,
    signal: AbortSignal | undefined,
  ): Promise<{ engine: Engine; run: number }> {
    const { signal: _signal, workers: _workers, ...wanted } = options;
    const engine = await orAbort(lane.engine, signal);
    try {
      return { engine, run: await engine.start(puzzles, wanted) };
    } catch (error) {
      breaks(lane, engine, error);
      throw error;
    }
  }
}

/** Marks an engine as broken if its program has stopped; it survives all other errors. */
function breaks(lane: Lane, engine: Engine, error: unknown): void {
  if (error instanceof HrmError && error.name === 'HrmError') {
    lane.broken = true;
    engine.free(error);
  }
}

function answersOf(steps: Step[], first: number): ManyAnswer[] {
  return steps.flatMap(({ puzzle, answer }) => (answer ? [{ index: first + puzzle, ...answer }] : []));
}

/** Resolves as `promise` does, or rejects with the signal's reason as soon as it is aborted. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
