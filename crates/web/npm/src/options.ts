/** What callers give, before it goes anywhere: programs in plain JavaScript have no compiler that would refuse the rest. */

import { InvalidPuzzleError, OptionsError } from './errors.js';
import type { CreateOptions, Files, ManyOptions, Recipe, RunOptions } from './types.js';

/** What an option must be, in words, and whether a value is. */
type Kind = readonly [expected: string, is: (value: unknown) => boolean];

const ANY: Kind = ['anything', () => true];
const FLAG: Kind = ['true or false', (value) => typeof value === 'boolean'];
const TEXT: Kind = ['a text', (value) => typeof value === 'string'];
const NUMBER: Kind = ['a number', Number.isFinite];
const COUNT: Kind = ['a whole number from 1 on', (value) => Number.isSafeInteger(value) && Number(value) >= 1];
const SEED: Kind = ['a whole number from 0 on', (value) => Number.isSafeInteger(value) && Number(value) >= 0];
const FUNCTION: Kind = ['a function', (value) => typeof value === 'function'];
const ADDRESS: Kind = ['an address', (value) => typeof value === 'string' || value instanceof URL];
// Not `instanceof`: a signal may be another page's, or a library's own.
const SIGNAL: Kind = ['an AbortSignal', (value) => typeof (value as AbortSignal | null)?.throwIfAborted === 'function'];

// A name that an interface gains or loses is missed here by the compiler.
const FILES: Record<keyof Files, Kind> = { worker: FLAG, workerUrl: ADDRESS, wasmUrl: ADDRESS };
const CREATE: Record<keyof CreateOptions, Kind> = { model: ANY, device: TEXT, onProgress: FUNCTION, keep: FLAG, signal: SIGNAL, ...FILES };
const RECIPE: Record<keyof Recipe, Kind> = { task: TEXT, count: COUNT, seed: SEED, level: TEXT, side: COUNT, moves: COUNT, givens: COUNT };
const RUN: Record<keyof (RunOptions & ManyOptions), Kind> = {
  halt: TEXT,
  segments: COUNT,
  tries: COUNT,
  variants: TEXT,
  noise: NUMBER,
  blankIdentifier: FLAG,
  batch: COUNT,
  confidences: FLAG,
  candidates: FLAG,
  states: FLAG,
  steps: FLAG,
  signal: SIGNAL,
  workers: COUNT,
};

/** The options of functions. */
export const KINDS_OF = { create: CREATE, devices: FILES, generate: RECIPE, run: RUN };

/** Options without those that are null, which is as good as nothing; what nobody knows or cannot be is refused. */
export function given<T extends object>(options: T | null | undefined, kinds: Record<keyof T, Kind>): T {
  if (options !== undefined && typeof options !== 'object') throw new OptionsError(`options: expected an object, found ${kind(options)}`);
  const entries = Object.entries(options ?? {}).filter(([, value]) => value !== null);
  for (const [name, value] of entries) {
    if (!Object.hasOwn(kinds, name)) {
      throw new OptionsError(`options: unknown field \`${name}\`, expected one of \`${Object.keys(kinds).join('`, `')}\``);
    }
    if (value !== undefined) must(name, value, kinds[name as keyof T]);
  }
  return Object.fromEntries(entries) as T;
}

function must(name: string, value: unknown, [expected, is]: Kind): void {
  if (!is(value)) throw new OptionsError(`${name}: expected ${expected}, found ${shown(value)}`);
}

/** Checks a number that counts something. */
export function isCount(name: string, value: unknown): void {
  must(name, value, COUNT);
}

/** Checks the text of a puzzle. */
export function isText(text: unknown, index = 0): void {
  if (typeof text !== 'string') throw new InvalidPuzzleError(`expected a text, found ${kind(text)}`, undefined, index);
}

/** The values of a list; the characters of a text are none. */
export function listed<T>(values: Iterable<T>, what: string): T[] {
  const isList = typeof values === 'object' && typeof (values as Iterable<T> | null)?.[Symbol.iterator] === 'function';
  if (!isList) throw new InvalidPuzzleError(`expected ${what}, found ${shown(values)}`);
  return [...values];
}

/** Checks ids, which the core would convert otherwise: to 0, for instance, what is no number. */
export function areIds(ids: readonly unknown[]): void {
  const at = ids.findIndex((id) => !SEED[1](id));
  if (at >= 0) throw new InvalidPuzzleError(`expected ids, whole numbers from 0 on, found ${shown(ids[at])} in cell ${at}`);
}

/** A value as errors tell it, whatever it is. */
export function shown(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function' ? kind(value) : String(value);
}

/** What a value is, in words. */
function kind(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
