/** The codes of errors; the last three are those of {@link HrmError} itself. */
export type ErrorCode =
  | 'invalid-puzzle'
  | 'model'
  | 'no-adapter'
  | 'device-lost'
  | 'device'
  | 'options'
  | 'load'
  /** The solver has been freed. */
  | 'freed'
  /** The Worker has stopped; the next solve starts another one. */
  | 'stopped'
  /** A defect of the package. */
  | 'defect';

/**
 * What goes wrong, as types. Every error says in `message` what was needed and what was found, and in `hint`, where
 * there is something to do, what to do.
 *
 * A solve that its `AbortSignal` ended is no error of ours: it rejects with the signal's own `reason`, by default a
 * `DOMException` named `AbortError`.
 */
export class HrmError extends Error {
  override readonly name: string = 'HrmError';
  /** What went wrong, in a word that programs can compare. */
  readonly code: ErrorCode;
  /** What to do about it, in a sentence; undefined if nothing is known to help. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, code: ErrorCode = 'defect') {
    super(message);
    this.hint = hint;
    this.code = code;
  }
}

/** The text is not a puzzle that the model's task knows, or not of the size that the model needs. */
export class InvalidPuzzleError extends HrmError {
  override readonly name = 'InvalidPuzzleError';
  /** Index of the puzzle among those given, from 0. */
  readonly puzzle: number;

  constructor(message: string, hint?: string, puzzle = 0) {
    super(message, hint, 'invalid-puzzle');
    this.puzzle = puzzle;
  }
}

/**
 * A model could not be fetched or read: missing, truncated, changed, or of another shape than its configuration says.
 */
export class ModelError extends HrmError {
  override readonly name = 'ModelError';
  override readonly code = 'model';
}

/** WebGPU was requested, and this browser has no suitable adapter. */
export class NoAdapterError extends HrmError {
  override readonly name = 'NoAdapterError';
  override readonly code = 'no-adapter';
}

/** The GPU device was lost in the middle of a solve. The next solve opens a new one. */
export class DeviceLostError extends HrmError {
  override readonly name = 'DeviceLostError';
  override readonly code = 'device-lost';
}

/** The GPU could not do what was asked: out of memory, or a defect of the browser, driver or program. */
export class DeviceError extends HrmError {
  override readonly name = 'DeviceError';
  override readonly code = 'device';
}

/** Options that contradict each other, or that the model's task cannot honour. */
export class OptionsError extends HrmError {
  override readonly name = 'OptionsError';
  override readonly code = 'options';
}

/** The package's own files could not be loaded: its Worker or its compiled program. */
export class LoadError extends HrmError {
  override readonly name = 'LoadError';
  override readonly code = 'load';
}

/** What helps where the package's files are not beside its script. @internal */
export const LEFT_BEHIND =
  "the bundler left the package's files behind: Vite before version 8 needs optimizeDeps: { exclude: ['hrm-webgpu'] }; " +
  'for others serve worker.js, hrm_core_bg.wasm, hrm_core_relaxed_bg.wasm and the models of hrm-webgpu, and pass `workerUrl` and `model`';

const TYPES = { InvalidPuzzleError, ModelError, NoAdapterError, DeviceLostError, DeviceError, OptionsError, LoadError };

/** An error as data, to be sent from a Worker. @internal */
export interface ErrorData {
  name: string;
  message: string;
  hint: string | undefined;
  puzzle: number | undefined;
  code: ErrorCode | undefined;
}

/** Converts what was thrown to data. @internal */
export function toData(thrown: unknown): ErrorData {
  if (!(thrown instanceof Error)) return { name: '', message: String(thrown), hint: undefined, puzzle: undefined, code: undefined };
  const { name, message, hint, puzzle, code } = thrown as Partial<ErrorData> & Error;
  return { name, message, hint, puzzle, code };
}

/** Converts data back to the typed error. @internal */
export function fromData({ name, message, hint, puzzle, code }: ErrorData): Error {
  if (name in TYPES) return new TYPES[name as keyof typeof TYPES](message, hint, puzzle as never);
  if (name === 'HrmError') return new HrmError(message, hint, code);
  return new HrmError(`it stopped unexpectedly: ${message}`, 'this is a defect: please report it with what you did');
}

/** Converts what the core threw to a typed error. @internal */
export function toError(thrown: unknown): Error {
  return thrown instanceof HrmError ? thrown : fromData(toData(thrown));
}
