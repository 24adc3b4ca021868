import type { BundledModel } from './bundled.js';
import type { Answer, DeviceChoice, RunOptions } from './core/types.js';

export type {
  Answer,
  Checked,
  Device,
  DeviceChoice,
  DeviceInfo,
  Fault,
  Made,
  ModelInfo,
  Motion,
  Reading,
  RunOptions,
  Step,
  TraceSegment,
} from './core/types.js';

export type { BundledModel } from './bundled.js';

/** A model at an address. */
export interface ModelAddress {
  /** A model folder (which holds `model.safetensors` and `config.json`), or a `.safetensors` file. */
  url: string | URL;
  /** Its configuration; by default `config.json` beside the weights. */
  config?: string | URL;
  /** SHA-256 of the weights, 64 hexadecimal digits. Fetched and kept weights must match it. */
  sha256?: string;
}

/** A model in files that the user chose. */
export interface ModelFiles {
  /** The weights, a safetensors file. */
  weights: Blob;
  /** The configuration, `config.json`. */
  config: Blob;
  /** SHA-256 of the weights, 64 hexadecimal digits. */
  sha256?: string;
  /** `identifiers.json` of its training data, for models that know puzzles by name (ARC). */
  identifiers?: Blob;
}

/**
 * Where a model comes from: the name of a bundled one, an address, files, or what an `<input type="file" multiple>` or
 * a drop holds (one `.safetensors` and one `.json` among them, and `identifiers.json` where puzzles have names).
 */
export type ModelSource = BundledModel | string | URL | ModelAddress | ModelFiles | Iterable<File>;

/** Progress of opening. */
export type Progress =
  /** The compiled program is being fetched. */
  | { stage: 'program' }
  /** The weights are arriving, in bytes; `kept` if they come from the browser's cache. */
  | { stage: 'model'; loaded: number; total: number; kept: boolean }
  /** Weights are uploaded to the device and pipelines compiled. */
  | { stage: 'device' }
  /** A problem that does not stop the solver, as a sentence. All of them are in {@link Solver.notices}. */
  | { stage: 'notice'; message: string };

/** Where the package's files are, for bundlers that do not take them along. */
export interface Files {
  /** Whether to compute in a Worker (the default) or on the calling thread. */
  worker?: boolean;
  /** The address of `worker.js` of the package. */
  workerUrl?: string | URL;
  /**
   * The address of `hrm_core_bg.wasm` or `hrm_core_relaxed_bg.wasm` of the package. By default they are beside `workerUrl`,
   * if that is given, and the second one is taken where it is there and the engine has relaxed SIMD.
   */
  wasmUrl?: string | URL;
}

/** Options of {@link Solver.create}. */
export interface CreateOptions extends Files {
  /** The model; by default the first bundled one. */
  model?: ModelSource;
  /** Where to compute; by default `auto`. `webgpu` fails with a `NoAdapterError` where there is none. */
  device?: DeviceChoice;
  /** Called while the model loads; what it throws, `Solver.create` throws. */
  onProgress?: (progress: Progress) => void;
  /** Whether models from addresses are kept in the browser's cache; true by default. */
  keep?: boolean;
  /** Aborts the opening. */
  signal?: AbortSignal;
}

/** How long to run, what to report, and when to give up. */
export interface SolveOptions extends Omit<RunOptions, 'batch' | 'steps'> {
  /** Ends the solve at once, within a segment. */
  signal?: AbortSignal;
}

/** Options of {@link Solver.solveMany}. */
export interface ManyOptions extends SolveOptions {
  /** Puzzles that are computed side by side, on the CPU in each Worker; by default chosen for the device. */
  batch?: number;
  /** Most Workers on the CPU; by default one per processor, and at most eight. */
  workers?: number;
}

/** An answer of {@link Solver.solveMany}. */
export interface ManyAnswer extends Answer {
  /** Index of its puzzle among those given, from 0. */
  index: number;
}

/** Which puzzles {@link Solver.generate} makes. */
export interface Recipe {
  /** The task; by default the model's. */
  task?: string;
  /** How many, at most 10000; by default one. */
  count?: number;
  /** The same seed makes the same puzzles everywhere, `hrm generate` too. By default another one each time. */
  seed?: number;
  /** `easy`, `medium`, `hard` or `extreme` for Sudokus; `scattered`, `corridors`, `official`, `rooms` or `drawn` for mazes. */
  level?: string;
  /** Rows of a maze, and columns; by default 15. */
  side?: number;
  /** Least moves of a maze's shortest path. */
  moves?: number;
  /** Givens of a Sudoku, 23 to 60, instead of a level. */
  givens?: number;
}
