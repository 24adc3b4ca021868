/** Whether a Sudoku has one solution, as `hrm::tasks::sudoku` tells it. Sees the question only; what it finds is not kept. */

import type { Question } from '../definition.js';

const SIDE = 9;
/** Cells that are tried before the search is given up. */
const MOST = 200_000;

const boxOf = (row: number, column: number): number => 3 * Math.floor(row / 3) + Math.floor(column / 3);

class Search {
  /** The digits that rows, columns and boxes hold, as bits. */
  readonly #units = Array.from({ length: 3 }, () => new Uint16Array(SIDE));
  readonly #empty: number[] = [];
  #tried = 0;
  isContrary = false;

  constructor(grid: string) {
    for (let cell = 0; cell < grid.length; cell++) {
      const digit = Number(grid[cell]);
      if (!digit) this.#empty.push(cell);
      else if (this.#free(cell) & (1 << digit)) this.#flip(cell, digit);
      else this.isContrary = true;
    }
  }

  /** Whether the search was given up. */
  get isTired(): boolean {
    return this.#tried > MOST;
  }

  #at(cell: number): [number, number, number] {
    const [row, column] = [Math.floor(cell / SIDE), cell % SIDE];
    return [row, column, boxOf(row, column)];
  }

  #free(cell: number): number {
    const at = this.#at(cell);
    return this.#units.reduce((free, unit, kind) => free & ~(unit[at[kind] ?? 0] ?? 0), 0b11_1111_1110);
  }

  /** Puts a digit into a cell, or takes it out. */
  #flip(cell: number, digit: number): void {
    const at = this.#at(cell);
    this.#units.forEach((unit, kind) => {
      const place = at[kind] ?? 0;
      unit[place] = (unit[place] ?? 0) ^ (1 << digit);
    });
  }

  /** Counts solutions up to two, beginning where the fewest digits fit. */
  count(found = 0): number {
    let [best, least, free] = [-1, SIDE + 1, 0];
    for (let index = 0; index < this.#empty.length; index++) {
      const fits = this.#free(this.#empty[index] ?? 0);
      const many = bits(fits);
      if (many < least) [best, least, free] = [index, many, fits];
      if (many < 2) break;
    }
    if (best < 0) return found + 1;
    const [cell = 0] = this.#empty.splice(best, 1);
    for (let digit = 1; digit <= SIDE && found < 2 && !this.isTired; digit++) {
      if (!(free & (1 << digit))) continue;
      this.#tried++;
      this.#flip(cell, digit);
      found = this.count(found);
      this.#flip(cell, digit);
    }
    this.#empty.splice(best, 0, cell);
    return found;
  }
}

function bits(set: number): number {
  let count = 0;
  for (let rest = set; rest; rest &= rest - 1) count++;
  return count;
}

/** Returns what is known of a question before any model has seen it. */
export function question(grid: string): Question {
  const search = new Search(grid);
  if (search.isContrary) return 'none';
  const found = search.count();
  if (found > 1) return 'several';
  if (search.isTired) return 'undecided';
  return found === 1 ? 'unique' : 'none';
}
