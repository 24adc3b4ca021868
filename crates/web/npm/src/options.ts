/** What callers give, before it goes anywhere. */

import { InvalidPuzzleError, OptionsError } from './errors.js';
import type { CreateOptions, Files, Recipe } from './types.js';

// A name that an interface gains or loses is missed here by the compiler.
const FILES: Record<keyof Files, 0> = { worker: 0, workerUrl: 0, wasmUrl: 0 };
const CREATE: Record<keyof CreateOptions, 0> = { model: 0, device: 0, onProgress: 0, keep: 0, signal: 0, ...FILES };
const RECIPE: Record<keyof Recipe, 0> = { task: 0, count: 0, seed: 0, level: 0, side: 0, moves: 0 };

/** The names of the options of functions; those of runs are known to the core. */
export const NAMES_OF = { create: Object.keys(CREATE), devices: Object.keys(FILES), generate: Object.keys(RECIPE) };

/** Options without those that are null, which is as good as nothing; names that nobody knows are refused. */
export function given<T extends object>(options: T | null | undefined, names?: readonly string[]): T {
  if (options !== undefined && typeof options !== 'object') throw new OptionsError(`options: expected an object, found ${typeof options}`);
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== null);
  const unknown = entries.find(([name]) => names && !names.includes(name));
  if (unknown) throw new OptionsError(`options: unknown field \`${unknown[0]}\`, expected one of \`${names?.join('`, `')}\``);
  return Object.fromEntries(entries) as T;
}

/** Checks the text of a puzzle. */
export function isText(text: unknown, index = 0): void {
  if (typeof text !== 'string') throw new InvalidPuzzleError(`expected a text, found ${text === null ? 'null' : `a ${typeof text}`}`, undefined, index);
}

/** Checks options that count something; those that are missing have defaults. */
export function whole(options: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(options)) {
    const isWhole = value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1);
    if (!isWhole) throw new OptionsError(`${name}: expected a whole number from 1 on, found ${String(value)}`);
  }
}
