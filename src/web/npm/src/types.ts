/** Where to compute: `auto` takes a GPU where there is a real one, and the CPU otherwise. */
export type Device = 'auto' | 'webgpu' | 'cpu';

/** A model that comes with the package. Each is fetched only when it is asked for. */
export type BundledModel = 'sudoku' | 'maze';

/** A model at an address. */
export interface ModelAddress {
  /** A model folder (which holds `model.safetensors` and `config.json`), or a `.safetensors` file. */
  url: string | URL;
  /** Its configuration; by default `config.json` beside the weights. */
  config?: string | URL;
  /** SHA-256 of the weights, 64 hexadecimal digits. What is fetched, or was kept, must have it. */
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
}

/**
 * Where a model comes from: the name of a bundled one, an address, files, or what an `<input type="file" multiple>` or
 * a drop holds (one `.safetensors` and one `.json` among them).
 */
export type ModelSource = BundledModel | string | URL | ModelAddress | ModelFiles | Iterable<File>;

/** How far opening is. */
export type Progress =
  /** The compiled program is fetched. */
  | { stage: 'program' }
  /** The weights arrive. Bytes; `kept` when they come out of the browser's cache. */
  | { stage: 'model'; loaded: number; total: number; kept: boolean }
  /** Weights go to the device, pipelines are compiled. */
  | { stage: 'device' }
  /** Something is not as it could be, and it goes on: a sentence. All of them stand in {@link Solver.notices}. */
  | { stage: 'notice'; message: string };

/** Options of {@link Solver.create}. */
export interface CreateOptions {
  /** The model; by default the bundled one for Sudokus. */
  model?: ModelSource;
  /** Where to compute; by default `auto`. `webgpu` fails with a `NoAdapterError` where there is none. */
  device?: Device;
  /** Called while the model loads. */
  onProgress?: (progress: Progress) => void;
  /** Whether to compute in a Dedicated Worker (the default), or on the thread that calls. */
  worker?: boolean;
  /** Whether models from addresses are kept in the browser's cache; by default they are. */
  keep?: boolean;
  /** Ends the opening. */
  signal?: AbortSignal;
}

/** When a puzzle stops before the last segment. */
export type Halt =
  /** When the rules are kept: the default where the task has rules. */
  | 'valid'
  /** When the network says so. */
  | 'learned'
  /** When the network says so and its answer did not change. */
  | 'stable'
  /** Never: all segments run. */
  | 'fixed';

/** How long to think, and what to tell of it. */
export interface SolveOptions {
  /** When to stop; by default `valid`, for a task without rules `fixed`. */
  halt?: Halt;
  /** Most segments of a try; by default what the model was trained for. */
  segments?: number;
  /** Most tries: the puzzle as given, then variants of it. By default 1. */
  tries?: number;
  /** What variants are made of; by default `both`. */
  variants?: 'both' | 'symmetry' | 'noise';
  /** Strength of the noise; by default 1. */
  noise?: number;
  /** Whether steps tell how sure the model is of each cell; by default `solve` does, the others do not. */
  confidences?: boolean;
  /** Ends the solve at once, within a segment. */
  signal?: AbortSignal;
}

/** Options of {@link Solver.solveMany}. */
export interface ManyOptions extends SolveOptions {
  /** Puzzles that are computed side by side, on the CPU in each Worker; by default chosen by the device. */
  batch?: number;
  /** Most Workers on the CPU; by default as many as the machine has processors, and at most eight. */
  workers?: number;
}

/** One segment of thinking about one puzzle. */
export interface Step {
  /** Index of the puzzle among those that were given, from 0. */
  puzzle: number;
  /** The try, from 0: the puzzle as given. */
  try: number;
  /** The segment, from 1. */
  segment: number;
  /** The whole prediction, in the alphabet of the puzzle: 81 digits, or the rows of a maze. */
  grid: string;
  /** Probability of each predicted cell, row by row, between 0 and 1. */
  confidences?: Float32Array;
  /** The network's logit for stopping. */
  qHalt: number;
  /** The network's logit for going on. */
  qContinue: number;
  /** What the segment took, in milliseconds; an even share where several went to the GPU at once. */
  ms: number;
  /** The answer, in the last step of a puzzle. */
  answer?: Answer;
}

/** What the network answered. */
export interface Answer {
  /** What kind of puzzle it is. */
  task: string;
  /** The puzzle, as text. */
  puzzle: string;
  /** The network's raw prediction, in the same alphabet. Nothing repairs it. */
  answer: string;
  /** Whether it keeps the rules and the givens; null where the task has no rules. */
  valid: boolean | null;
  /** Of a valid path through a maze, whether none is shorter. */
  shortest?: boolean;
  /** Segments of the try that gave it. */
  segments: number;
  /** What stopped that try. */
  stopped: 'valid' | 'learned' | 'stable' | 'limit';
  /** Its last logit for stopping. */
  qHalt: number;
  /** Tries that began. */
  tries: number;
  /** What the try made of the puzzle: `given`, `symmetry 3`, … */
  variant: string;
  /** Tries that ended with this answer. */
  votes: number;
  /** From submission to result, in milliseconds. */
  ms: number;
  /** Where it was computed. */
  device: string;
}

/** An answer of {@link Solver.solveMany}. */
export interface ManyAnswer extends Answer {
  /** Index of its puzzle among those that were given, from 0. */
  index: number;
}

/** Where a solver computes. */
export interface DeviceInfo {
  /** On the GPU, or on the CPU in wasm with SIMD. */
  kind: 'webgpu' | 'cpu';
  /** Its name, as far as the browser tells. */
  name: string;
  /** Why this one, where `auto` did not take a GPU. */
  reason?: string;
}

/** What this browser offers to compute on. */
export interface DeviceOffer {
  kind: 'webgpu' | 'cpu';
  name: string;
  /** Whether it computes in software, on the processor. */
  software: boolean;
  /** Whether `auto` takes it. */
  auto: boolean;
  /** Why `auto` takes it, or does not. */
  why: string;
}

/** What a solver runs. */
export interface ModelInfo {
  /** What it solves; null where its configuration does not say. */
  task: string | null;
  /** Number of its parameters. */
  parameters: number;
  /** The most segments that it was trained for. */
  segments: number;
  /** Cells of a puzzle. */
  seqLen: number;
  /** How its weights are kept: `f32`, `f16`. */
  dtype: string;
}
