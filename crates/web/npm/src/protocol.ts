/** The messages to an engine and from it. */

import type { Engine } from './engine.js';
import type { ErrorData } from './errors.js';
import type { Progress } from './types.js';

/** The calls of an engine that have a reply. */
export type Call = 'open' | 'read' | 'check' | 'generate' | 'start' | 'next' | 'trace' | 'devices';

/** To the engine: where its program may be, a numbered call, or the request to end a run, or everything. */
export type Request =
  | { wasm: string[] }
  | { [C in Call]: { id: number; call: C; args: Parameters<Engine[C]> } }[Call]
  | { cancel: number }
  | { end: true };

/** From the engine: the result of a call, or progress. */
export type Reply = { id: number; value: unknown } | { id: number; error: ErrorData } | { progress: Progress };
