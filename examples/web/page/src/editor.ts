/** The question on the board, with undo. */

import type { Definition } from './tasks/definition.js';

/** Most edits that can be undone. */
const STEPS = 500;

export class Editor {
  readonly #task: Definition;
  #grid: string;
  #before: string[] = [];
  #after: string[] = [];
  /** The cell that keys act on. */
  cursor = 0;

  constructor(task: Definition) {
    this.#task = task;
    this.#grid = task.empty;
  }

  /** The grid, one glyph per cell. */
  get grid(): string {
    return this.#grid;
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  get isEmpty(): boolean {
    return this.#grid === this.#task.empty;
  }

  /** Begins with a grid; there is nothing before it to go back to. */
  begin(grid: string): void {
    this.#grid = grid;
  }

  /** Replaces the whole grid, as part of the previous edit if `joined`; returns whether anything changed. */
  replace(grid: string, joined = false): boolean {
    if (grid === this.#grid) return false;
    if (!joined) this.#before.push(this.#grid);
    if (this.#before.length > STEPS) this.#before.shift();
    this.#after = [];
    this.#grid = grid;
    return true;
  }

  /** Puts a symbol into a cell, moving it if the board may have only one; returns whether anything changed. */
  put(cell: number, glyph: string, joined = false): boolean {
    const isSingle = this.#task.symbol(glyph).single;
    const rest = isSingle ? this.#grid.replaceAll(glyph, this.#task.blank) : this.#grid;
    return this.replace(rest.slice(0, cell) + glyph + rest.slice(cell + 1), joined);
  }

  /** Empties the cell under the cursor, or the one before if it is empty, as when text is typed. */
  erase(): boolean {
    if (this.#grid[this.cursor] === this.#task.blank && this.cursor > 0) this.move(-1);
    return this.put(this.cursor, this.#task.blank);
  }

  clear(): boolean {
    return this.replace(this.#task.empty);
  }

  undo(): boolean {
    return this.#step(this.#before, this.#after);
  }

  redo(): boolean {
    return this.#step(this.#after, this.#before);
  }

  /** Moves the cursor, wrapping around the edges. */
  move(cells: number): void {
    const { length } = this.#grid;
    this.cursor = (this.cursor + cells + length) % length;
  }

  #step(from: string[], to: string[]): boolean {
    const grid = from.pop();
    if (grid === undefined) return false;
    to.push(this.#grid);
    this.#grid = grid;
    return true;
  }
}
