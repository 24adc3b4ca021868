/** The question on the board, with the way back. */

import type { Task } from './task.js';

/** Most steps that can be taken back. */
const STEPS = 500;

export class Editor {
  readonly #blank: string;
  #grid: string;
  #before: string[] = [];
  #after: string[] = [];
  /** The cell that keys act on. */
  cursor = 0;

  constructor({ blank, side }: Task) {
    this.#blank = blank.repeat(side * side);
    this.#grid = this.#blank;
  }

  /** A mark a cell. */
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
    return this.#grid === this.#blank;
  }

  /** Replaces the whole grid; whether anything changed. */
  replace(grid: string): boolean {
    if (grid === this.#grid) return false;
    this.#before.push(this.#grid);
    if (this.#before.length > STEPS) this.#before.shift();
    this.#after = [];
    this.#grid = grid;
    return true;
  }

  /** Puts a mark into a cell; whether anything changed. */
  put(cell: number, mark: string): boolean {
    return this.replace(this.#grid.slice(0, cell) + mark + this.#grid.slice(cell + 1));
  }

  clear(): boolean {
    return this.replace(this.#blank);
  }

  undo(): boolean {
    return this.#step(this.#before, this.#after);
  }

  redo(): boolean {
    return this.#step(this.#after, this.#before);
  }

  /** Moves the cursor, around the edges as well. */
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
