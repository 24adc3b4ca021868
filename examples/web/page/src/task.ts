/** A kind of puzzle, as the page needs it: its marks, its text, and what a grid breaks. Nothing here solves. */

import type { BundledModel } from './hrm-webgpu/dist/index.js';

/** A broken rule: a sentence, and the cells that take part. */
export interface Fault {
  text: string;
  cells: number[];
}

/** A mark that can be put into a cell: what keys type it, and how it is called. */
export interface Brush {
  mark: string;
  keys: string;
  name: string;
}

export interface Task {
  readonly name: BundledModel;
  /** What the board is called. */
  readonly title: string;
  /** Rows, and columns. */
  readonly side: number;
  /** The mark of an empty cell. */
  readonly blank: string;
  /** Marks of which there is one at most. */
  readonly single: string;
  readonly brushes: readonly Brush[];
  /** Puzzles to begin with, by what they are called. */
  readonly puzzles: Readonly<Record<string, readonly string[]>>;
  /** The grid that a text means, a mark a cell; throws an error that says what is wrong. */
  read(text: string): string;
  /** A grid as text for people and for the core. */
  text(grid: string): string;
  /** A grid as a part of an address. */
  link(grid: string): string;
  /** What is wrong with a question. */
  clashes(grid: string): Fault[];
  /** What an answer breaks. */
  faults(question: string, answer: string): Fault[];
  /** A sentence about a question. */
  about(grid: string): string;
}

/** "row 2, column 3". */
export function place(cell: number, side: number): string {
  return `row ${Math.floor(cell / side) + 1}, column ${(cell % side) + 1}`;
}

/** The cells for which something holds. */
export function cellsWhere(grid: string, holds: (mark: string, cell: number) => boolean): number[] {
  return [...grid].flatMap((mark, cell) => (holds(mark, cell) ? [cell] : []));
}
