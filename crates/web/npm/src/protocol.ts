/** The messages between page and Worker. */

import type { Engine } from './engine.js';
import type { ErrorData } from './errors.js';
import type { Progress } from './types.js';

/** The calls of an engine that have a reply. */
export type Call = 'open' | 'read' | 'start' | 'next' | 'trace' | 'devices';

/** To the Worker: a numbered call, or the request to end a run. */
export type Request =
  | { [C in Call]: { id: number; call: C; args: Parameters<Engine[C]> } }[Call]
  | { cancel: number };

/** From the Worker: the result of a call, or progress. */
export type Reply = { id: number; value: unknown } | { id: number; error: ErrorData } | { progress: Progress };
