/** A board as neutral data: its cells and what is wrong with them. */

import type { Definition, Symbol } from './definition.js';

/** A broken rule: a sentence, and the cells that take part. */
export interface Fault {
  message: string;
  cells: number[];
}

/** One cell of a drawing. */
export interface Cell {
  /** The question's symbol in this cell. */
  asked: Symbol;
  shown: Symbol;
  /** Whether the question gives this cell, so that it is not for the model to fill in. */
  given: boolean;
  fault: boolean;
  /** Whether the shown segment changed it. */
  changed: boolean;
  /** The model's confidence in its change here, between 0 and 1. */
  confidence: number | undefined;
  /** Whether its candidates are shown instead of its symbol. */
  pencilled: boolean;
  /** How much of a measure it has, between 0 and 1, and that in words, where the board shows one. */
  heat: { part: number; said: string } | undefined;
  /** What the model advises here: what it would write, and that in words. */
  hint: { mark: string; said: string } | undefined;
}

/** What is known about a shown grid. */
export interface Shown {
  grid?: string;
  faults?: readonly Fault[];
  changed?: readonly number[];
  confidences?: ArrayLike<number> | undefined;
  /** The cells that show candidates. */
  pencilled?: ReadonlySet<number>;
  heat?: ((cell: number) => Cell['heat']) | undefined;
  hint?: ((cell: number) => Cell['hint']) | undefined;
}

/** Returns the cells of a question, or of a prediction for it. */
export function drawing(task: Definition, question: string, { grid = question, faults = [], changed = [], confidences, pencilled, heat, hint }: Shown): Cell[] {
  const broken = new Set(faults.flatMap((fault) => fault.cells));
  const moved = new Set(changed);
  return [...grid].map((glyph, cell) => {
    const asked = question[cell] ?? task.blank;
    const isKept = glyph === asked;
    return {
      asked: task.symbol(asked),
      shown: task.symbol(glyph),
      given: asked !== task.blank && !task.isColoured,
      fault: broken.has(cell) && !pencilled?.has(cell),
      changed: moved.has(cell) && !isKept,
      confidence: isKept ? undefined : confidences?.[cell],
      pencilled: pencilled?.has(cell) ?? false,
      heat: heat?.(cell),
      hint: hint?.(cell),
    };
  });
}

/** Formats a cell's place as "row 2, column 3". */
export function place(cell: number, columns: number): string {
  return `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}`;
}

/** Returns the cells for which `holds` is true. */
export function cellsWhere(grid: string, holds: (glyph: string, cell: number) => boolean): number[] {
  return [...grid].flatMap((glyph, cell) => (holds(glyph, cell) ? [cell] : []));
}
