/**
 * What goes wrong, as types. Every error says in `message` what was needed and what was found, and in `hint`, where
 * there is something to do, what to do.
 *
 * A solve that its `AbortSignal` ended is no error of ours: it rejects with the signal's own `reason`, by default a
 * `DOMException` named `AbortError`.
 */
export class HrmError extends Error {
  override readonly name: string = 'HrmError';
  /** What to do about it, in a sentence; undefined if nothing is known to help. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The text is not a puzzle that the model's task knows, or not of the size that the model needs. */
export class InvalidPuzzleError extends HrmError {
  override readonly name = 'InvalidPuzzleError';
  /** Index of the puzzle among those given, from 0. */
  readonly puzzle: number;

  constructor(message: string, hint?: string, puzzle = 0) {
    super(message, hint);
    this.puzzle = puzzle;
  }
}

/**
 * A model could not be fetched or read: missing, truncated, changed, or of another shape than its configuration says.
 */
export class ModelError extends HrmError {
  override readonly name = 'ModelError';
}

/** WebGPU was requested, and this browser has no suitable adapter. */
export class NoAdapterError extends HrmError {
  override readonly name = 'NoAdapterError';
}

/** The GPU device was lost in the middle of a solve. The next solve opens a new one. */
export class DeviceLostError extends HrmError {
  override readonly name = 'DeviceLostError';
}

/** The GPU could not do what was asked: out of memory, or a defect of the browser, driver or program. */
export class DeviceError extends HrmError {
  override readonly name = 'DeviceError';
}

/** Options that contradict each other, or that the model's task cannot honour. */
export class OptionsError extends HrmError {
  override readonly name = 'OptionsError';
}

const TYPES = { HrmError, InvalidPuzzleError, ModelError, NoAdapterError, DeviceLostError, DeviceError, OptionsError };

/** An error as data, to be sent from a Worker. @internal */
export interface ErrorData {
  name: string;
  message: string;
  hint: string | undefined;
  puzzle: number | undefined;
}

/** Converts what was thrown to data. @internal */
export function toData(thrown: unknown): ErrorData {
  if (!(thrown instanceof Error)) return { name: '', message: String(thrown), hint: undefined, puzzle: undefined };
  const { name, message } = thrown;
  const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined;
  const puzzle = 'puzzle' in thrown && typeof thrown.puzzle === 'number' ? thrown.puzzle : undefined;
  return { name, message, hint, puzzle };
}

/** Converts data back to the typed error. @internal */
export function fromData({ name, message, hint, puzzle }: ErrorData): Error {
  if (name in TYPES) return new TYPES[name as keyof typeof TYPES](message, hint, puzzle);
  return new HrmError(`it stopped unexpectedly: ${message}`, 'this is a defect: please report it with what you did');
}

/** Converts what the core threw to a typed error. @internal */
export function toError(thrown: unknown): Error {
  return thrown instanceof HrmError ? thrown : fromData(toData(thrown));
}
