import { NAMES } from './bundled.js';
import { Client } from './client.js';
import type { Engine, OpenRequest, Opened } from './engine.js';
import { HrmError, InvalidPuzzleError, OptionsError } from './errors.js';
import { threads } from './host.js';
import { locate } from './model.js';
import { areIds, given, isCount, isText, KINDS_OF, listed } from './options.js';
import type {
  Answer,
  Checked,
  CreateOptions,
  Device,
  DeviceInfo,
  Files,
  Made,
  ManyAnswer,
  ManyOptions,
  ModelInfo,
  Progress,
  Reading,
  Recipe,
  RunOptions,
  SolveOptions,
  Step,
  TraceSegment,
} from './types.js';
import type { Place } from './wire.js';

/**
 * Puzzles that a Worker takes at a time. Larger batches are no faster on one thread, and are shared out less evenly.
 */
const CPU_BATCH = 4;

/** Most Workers that are started by default. */
const MOST_WORKERS = 8;
/** Most puzzles that a call makes: they come all at once. */
const MOST_MADE = 10_000;
/** Most segments that a call traces: they come all at once, too, with a megabyte of outputs each for the largest puzzles. */
const MOST_TRACED = 1_000;

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
  readonly #place: Place;
  readonly #report: (progress: Progress) => void;
  readonly #notices: string[] = [];
  /** The first engine serves all solves; further ones, in Workers of their own, serve many puzzles on the CPU. */
  #lanes: Lane[] = [];
  #opened: Opened | undefined;
  #freed = false;

  private constructor({ model = NAMES[0], device = 'auto', keep = true, onProgress, ...files }: CreateOptions) {
    this.#request = { model: locate(model), device, keep };
    this.#place = placeOf(files);
    this.#report = (progress) => {
      if (progress.stage === 'notice') this.#notices.push(progress.message);
      onProgress?.(progress);
    };
  }

  /**
   * Loads a model and opens a device.
   *
   * @throws LoadError where the package's own files cannot be loaded, ModelError where the model cannot be fetched or
   * read, NoAdapterError where `device` is `webgpu` and there is none, the reason of `signal` once it is aborted.
   */
  static async create(options?: CreateOptions | null): Promise<Solver> {
    const wanted = given(options, KINDS_OF.create);
    wanted.signal?.throwIfAborted();
    const solver = new Solver(wanted);
    try {
      await orAbort(solver.#lane(0).engine, wanted.signal);
    } catch (error) {
      solver.free();
      throw error;
    }
    return solver;
  }

  /** Lists the devices that this browser offers. */
  static async devices(files?: Files | null): Promise<DeviceInfo[]> {
    const engine = new Client(placeOf(given(files, KINDS_OF.devices)), () => {});
    try {
      return await engine.devices();
    } finally {
      void engine.free();
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
    isText(text);
    const engine = await this.#lane(0).engine;
    return engine.read(text, this.model.task ?? undefined);
  }

  /**
   * Says what the rules know of a puzzle: whether it has one solution, and what clashes in it; with an answer, whether
   * that is right, and what it breaks. Rules judge; nothing is solved for anybody.
   *
   * @throws InvalidPuzzleError where the text is no puzzle.
   */
  async check(puzzle: string, answer?: string | null): Promise<Checked> {
    isText(puzzle);
    if (answer != null) isText(answer);
    const engine = await this.#lane(0).engine;
    return engine.check(puzzle, this.model.task ?? undefined, answer ?? undefined);
  }

  /**
   * Makes new puzzles: every Sudoku has one solution, every maze of scattered walls or corridors one shortest path.
   *
   * @throws OptionsError for a recipe that cannot be followed.
   */
  async generate(recipe?: Recipe | null): Promise<Made[]> {
    const wanted = given(recipe, KINDS_OF.generate);
    const { task = this.model.task, seed = Math.floor(Math.random() * 2 ** 32), count = 1, level, side, moves, givens } = wanted;
    if (!task) throw new OptionsError('task: the model names none, so the recipe must');
    atMost('count', count, MOST_MADE);
    const engine = await this.#lane(0).engine;
    return engine.generate(task, seed, count, level, side, moves, givens);
  }

  /**
   * Runs exactly `segments` segments of one puzzle, given as the ids of its cells, without halting. Returns the raw
   * outputs of each: predicted ids, logits of every id in every cell, q, and the states z_H and z_L. What is computed
   * is what {@link solve} computes for its first try.
   *
   * @throws InvalidPuzzleError for other ids than the model takes, OptionsError for more than 1000 segments.
   */
  async trace(inputs: Iterable<number>, segments: number): Promise<TraceSegment[]> {
    const ids = listed(inputs, 'the ids of a puzzle');
    areIds(ids);
    isCount('segments', segments);
    atMost('segments', segments, MOST_TRACED);
    const engine = await this.#lane(0).engine;
    const { seqLen } = this.model;
    if (ids.length !== seqLen) throw new InvalidPuzzleError(`expected ${seqLen} ids, found ${ids.length}`, undefined, 0);
    return engine.trace(ids, segments);
  }

  /**
   * Thinks about a puzzle, a text in any form that the model's task reads. The last step holds the answer. Leaving the
   * loop ends the solve.
   *
   * @throws InvalidPuzzleError, OptionsError, DeviceLostError, or the reason of `signal`.
   */
  async *solve(puzzle: string, options?: SolveOptions | null): AsyncGenerator<Step, void, undefined> {
    const wanted = { confidences: true, ...given(options, KINDS_OF.run) };
    for await (const steps of this.#run(this.#lane(0), [puzzle], wanted, wanted.signal)) yield* steps;
  }

  /** The answer to a puzzle, without its steps. */
  async answer(puzzle: string, options?: SolveOptions | null): Promise<Answer> {
    const wanted = { ...given(options, KINDS_OF.run), steps: false };
    for await (const steps of this.#run(this.#lane(0), [puzzle], wanted, wanted.signal)) {
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
  async *solveMany(puzzles: Iterable<string>, options?: ManyOptions | null): AsyncGenerator<ManyAnswer, void, undefined> {
    const all = listed(puzzles, 'a list of puzzles, a text each');
    const wanted = { ...given(options, KINDS_OF.run), steps: false };
    const { signal, workers = Math.min(threads(), MOST_WORKERS), batch = CPU_BATCH } = wanted;
    if (all.length === 0) return;
    const lane = this.#lane(0);
    await orAbort(lane.engine, signal);
    const canSplit = this.device.kind === 'cpu' && this.#place.worker;
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

  /** As {@link free}, at the end of a block that declares the solver with `using`. */
  [Symbol.dispose](): void {
    this.free();
  }

  /** As {@link free}, and waits until Workers have ended, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    const engines = this.#lanes.map(({ engine }) => engine);
    this.free();
    await Promise.all(engines.map((engine) => engine.then((engine) => engine.free()).catch(() => {})));
  }

  #info(): Opened {
    if (!this.#opened) throw new HrmError('the solver is not open');
    return this.#opened;
  }

  #lane(index: number): Lane {
    if (this.#freed) throw new HrmError('the solver has been freed', 'create another one', 'freed');
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
    const engine = new Client(this.#place, report);
    end.addEventListener('abort', () => void engine.free());
    try {
      end.throwIfAborted();
      this.#opened = await engine.open(this.#request);
    } catch (error) {
      void engine.free();
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
    const pull = (work: AsyncGenerator<ManyAnswer[], void, undefined>) => {
      const pulled = work.next().then((result) => ({ work, result }));
      // It may fail while the caller does other things, and is looked at when more is asked for.
      pulled.catch(() => {});
      return pulled;
    };
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
        if (lane.end.signal.aborted) throw new HrmError('the solver has been freed', undefined, 'freed');
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
    puzzles.forEach(isText);
    const engine = await orAbort(lane.engine, signal);
    try {
      return { engine, run: await engine.start(puzzles, wanted) };
    } catch (error) {
      breaks(lane, engine, error);
      throw error;
    }
  }
}

function atMost(name: string, count: number, most: number): void {
  if (count > most) throw new OptionsError(`${name}: expected at most ${most}, found ${count}`);
}

function placeOf({ worker = true, workerUrl, wasmUrl }: Files): Place {
  return { worker, workerUrl, wasmUrl };
}

/** Marks an engine as broken if its program has stopped; it survives all other errors. */
function breaks(lane: Lane, engine: Engine, error: unknown): void {
  if (error instanceof HrmError && error.name === 'HrmError') {
    lane.broken = true;
    void engine.free(error);
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
