/** What page and Worker tell each other. */

import type { Engine } from './engine.js';
import type { ErrorData } from './errors.js';
import type { Progress } from './types.js';

/** The calls of an engine that have an answer. */
export type Call = 'open' | 'start' | 'next' | 'devices';

/** To the Worker: a call, by its number, or that a run is to end. */
export type Request =
  | { [C in Call]: { id: number; call: C; args: Parameters<Engine[C]> } }[Call]
  | { cancel: number };

/** From the Worker: what became of a call, or how far it is. */
export type Reply = { id: number; value: unknown } | { id: number; error: ErrorData } | { progress: Progress };
