/**
 * What goes wrong, as types. Every error says in `message` what was needed and what was found, and in `hint`, where
 * there is something to do, what to do.
 *
 * A solve that its `AbortSignal` ended is no error of ours: it rejects with the signal's own `reason`, by default a
 * `DOMException` named `AbortError`.
 */
export class HrmError extends Error {
  override readonly name: string = 'HrmError';
  /** What to do about it, a sentence; undefined where nothing is known to help. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The text is no puzzle that the model's task knows, or it does not have the size that the model needs. */
export class InvalidPuzzleError extends HrmError {
  override readonly name = 'InvalidPuzzleError';
}

/** A model could not be fetched or read: not there, cut short, changed, of another shape than its configuration says. */
export class ModelError extends HrmError {
  override readonly name = 'ModelError';
}

/** WebGPU was asked for, and this browser has no adapter that serves. */
export class NoAdapterError extends HrmError {
  override readonly name = 'NoAdapterError';
}

/** The GPU device was lost in the middle of a solve. The next solve opens a new one. */
export class DeviceLostError extends HrmError {
  override readonly name = 'DeviceLostError';
}

/** Options that do not go together, or that the model's task cannot obey. */
export class OptionsError extends HrmError {
  override readonly name = 'OptionsError';
}

const TYPES = { HrmError, InvalidPuzzleError, ModelError, NoAdapterError, DeviceLostError, OptionsError };

/** An error as data, for the way out of a Worker. @internal */
export interface ErrorData {
  name: string;
  message: string;
  hint: string | undefined;
}

/** What was thrown, as data. @internal */
export function toData(thrown: unknown): ErrorData {
  if (thrown instanceof Error) {
    const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined;
    return { name: thrown.name, message: thrown.message, hint };
  }
  return { name: 'HrmError', message: String(thrown), hint: undefined };
}

/** The typed error of what was thrown by the core or came out of a Worker. @internal */
export function toError(thrown: unknown): Error {
  if (thrown instanceof HrmError) return thrown;
  const { name, message, hint } = isData(thrown) ? thrown : toData(thrown);
  if (name in TYPES) return new TYPES[name as keyof typeof TYPES](message, hint);
  return new HrmError(`it stopped unexpectedly: ${message}`, 'this is a defect: please report it with what you did');
}

function isData(thrown: unknown): thrown is ErrorData {
  return typeof thrown === 'object' && thrown !== null && !(thrown instanceof Error) && 'message' in thrown;
}
