/** The question on the board, with the way back. */

import type { Task } from './task.js';

/** Most steps that can be taken back. */
const STEPS = 500;

export class Editor {
  readonly #task: Task;
  readonly #blank: string;
  #grid: string;
  #before: string[] = [];
  #after: string[] = [];
  /** The cell that keys act on. */
  cursor = 0;

  constructor(task: Task) {
    this.#task = task;
    this.#blank = task.blank.repeat(task.side * task.side);
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

  /** Replaces the whole grid, with `joined` as a part of the step before; whether anything changed. */
  replace(grid: string, joined = false): boolean {
    if (grid === this.#grid) return false;
    if (!joined) this.#before.push(this.#grid);
    if (this.#before.length > STEPS) this.#before.shift();
    this.#after = [];
    this.#grid = grid;
    return true;
  }

  /** Puts a mark into a cell, and takes it from where it stood if there may be one only; whether anything changed. */
  put(cell: number, mark: string, joined = false): boolean {
    const { blank, single } = this.#task;
    const rest = single.includes(mark) ? this.#grid.replaceAll(mark, blank) : this.#grid;
    return this.replace(rest.slice(0, cell) + mark + rest.slice(cell + 1), joined);
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
