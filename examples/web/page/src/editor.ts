/** The question on the board, with undo. */

import type { Definition, Shape, Told } from './tasks/definition.js';

/** Most edits that can be undone. */
const STEPS = 500;

/** A question as it was: its grid, and what belongs to it besides. */
type State = readonly [grid: string, told: Told | undefined];

export class Editor {
  readonly #task: Definition;
  #grid: string;
  #told: Told | undefined;
  #before: State[] = [];
  #after: State[] = [];
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

  /** What belongs to the question besides its grid. */
  get told(): Told | undefined {
    return this.#told;
  }

  get canUndo(): boolean {
    return this.#before.length > 0;
  }

  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  get isEmpty(): boolean {
    return this.#grid === this.#task.cleared(this.#grid);
  }

  /** Rows and columns of the board. */
  get extent(): Shape {
    return this.#task.extent(this.#grid);
  }

  /** The number of the cell that keys act on among those of the board. */
  get at(): number {
    const { columns } = this.#task.shape;
    return Math.floor(this.cursor / columns) * this.extent.columns + (this.cursor % columns);
  }

  /** Begins with a question; there is nothing before it to go back to. */
  begin(grid: string, told?: Told): void {
    [this.#grid, this.#told] = [grid, told];
  }

  /** Replaces the whole grid, as part of the previous edit if `joined`; returns whether anything changed. */
  replace(grid: string, joined = false): boolean {
    return this.#become(grid, this.#told, joined);
  }

  /** Puts another question on the board; returns whether anything changed. */
  pose(grid: string, told: Told | undefined): boolean {
    return this.#become(grid, told, false);
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
    return this.replace(this.#task.cleared(this.#grid));
  }

  undo(): boolean {
    return this.#step(this.#before, this.#after);
  }

  redo(): boolean {
    return this.#step(this.#after, this.#before);
  }

  /** Moves the cursor, wrapping around the edges. */
  move(cells: number): void {
    const { rows, columns } = this.extent;
    const length = rows * columns;
    const at = (this.at + cells + length) % length;
    this.cursor = Math.floor(at / columns) * this.#task.shape.columns + (at % columns);
  }

  #become(grid: string, told: Told | undefined, joined: boolean): boolean {
    if (grid === this.#grid && told === this.#told) return false;
    if (!joined) this.#before.push([this.#grid, this.#told]);
    if (this.#before.length > STEPS) this.#before.shift();
    this.#after = [];
    [this.#grid, this.#told] = [grid, told];
    this.#stay();
    return true;
  }

  /** Keeps the cursor on a board that may have become smaller. */
  #stay(): void {
    const { rows, columns } = this.extent;
    const width = this.#task.shape.columns;
    const [row, column] = [Math.floor(this.cursor / width), this.cursor % width];
    this.cursor = Math.min(row, rows - 1) * width + Math.min(column, columns - 1);
  }

  #step(from: State[], to: State[]): boolean {
    const state = from.pop();
    if (!state) return false;
    to.push([this.#grid, this.#told]);
    [this.#grid, this.#told] = state;
    this.#stay();
    return true;
  }
}
