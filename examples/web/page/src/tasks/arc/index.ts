/** ARC: a rule shown by pairs of boards, to be applied to one more. What is right nobody here can know. */

import { Definition, type Shape, type Symbol, type Told } from '../definition.js';
import { EXAMPLES } from './examples.js';

const SIDE = 30;
/** Side of a new board. */
const NEW = 10;
/** What stands outside of a board. */
const OUTSIDE = '.';
const NAMES = ['black', 'blue', 'red', 'green', 'yellow', 'grey', 'magenta', 'orange', 'light blue', 'brown'];

/** Returns the grid of a board that its rows tell. */
function gridOf(rows: readonly string[]): string {
  return rows.map((row) => row.padEnd(SIDE, OUTSIDE)).join('').padEnd(SIDE * SIDE, OUTSIDE);
}

/** Returns the rows of a text; throws an error if no board has them. */
function rowsOf(text: string, mark: string): string[] {
  const rows = text === '' ? [] : text.split(mark);
  const [{ length } = { length: 0 }] = rows;
  const isBoard = rows.length <= SIDE && length <= SIDE && rows.every((row) => row.length === length && /^[0-9]+$/.test(row));
  if (!isBoard) throw new Error(`expected 1 to ${SIDE} rows of as many colours from 0 to 9`);
  return rows;
}

class Arc extends Definition {
  override readonly name = 'arc';
  override readonly title = 'ARC';
  override readonly model = 'arc';
  override readonly shape = { rows: SIDE, columns: SIDE };
  override readonly alphabet = [
    ...NAMES.map((name, colour): Symbol => ({ glyph: String(colour), name, look: 'colour', keys: String(colour), single: false })),
    { glyph: OUTSIDE, name: 'outside of the board', look: 'open', keys: '', single: false } as const,
  ];
  override readonly forms = 'An ARC task: the JSON of its file.';
  override readonly blank = '0';
  override readonly isFree = true;
  override readonly examples = EXAMPLES;

  override get first(): string {
    return EXAMPLES['Mirror']?.[0] ?? super.first;
  }

  override get empty(): string {
    return gridOf(Array.from({ length: NEW }, () => this.blank.repeat(NEW)));
  }

  override extent(grid: string): Shape {
    const columns = grid.slice(0, SIDE).indexOf(OUTSIDE);
    const rows = Array.from({ length: SIDE }, (_, row) => grid[row * SIDE]).indexOf(OUTSIDE);
    const [high, wide] = [rows, columns].map((found) => (found < 0 ? SIDE : Math.max(found, 1)));
    return { rows: high ?? 1, columns: wide ?? 1 };
  }

  override resized(grid: string, { rows, columns }: Shape): string {
    const cell = (row: number, column: number) => (grid[row * SIDE + column] ?? OUTSIDE).replace(OUTSIDE, this.blank);
    return gridOf(Array.from({ length: rows }, (_, row) => Array.from({ length: columns }, (_, column) => cell(row, column)).join('')));
  }

  override cleared(grid: string): string {
    return grid.replaceAll(/[1-9]/g, this.blank);
  }

  override asks(_question: string, grid: string, cell: number): boolean {
    return grid[cell] !== OUTSIDE;
  }

  override fit(text: string): string {
    return gridOf(rowsOf(text, '\n'));
  }

  /** A model may have a smaller canvas. */
  override ofCells(values: Float32Array): Float32Array {
    const side = Math.round(Math.sqrt(values.length));
    if (side === SIDE) return values;
    const value = (row: number, column: number) => (column < side ? (values[row * side + column] ?? 0) : 0);
    return Float32Array.from({ length: SIDE * SIDE }, (_, cell) => value(Math.floor(cell / SIDE), cell % SIDE));
  }

  override text(grid: string): string {
    return this.#rows(grid).join('\n');
  }

  #rows(grid: string): string[] {
    const { rows } = this.extent(grid);
    return Array.from({ length: rows }, (_, row) => grid.slice(row * SIDE, (row + 1) * SIDE).replaceAll(OUTSIDE, '')).filter((row) => row !== '');
  }

  /** The core takes the name of a task from its JSON. */
  override question(grid: string, told: Told | undefined): string {
    if (!told) return this.text(grid);
    const board = (grid: string) => this.#rows(grid).map((row) => [...row].map(Number));
    const train = told.examples.map(([input, output]) => ({ input: board(input), output: board(output) }));
    return JSON.stringify({ [told.name]: { train, test: [{ input: board(grid) }] } });
  }

  override link(grid: string, told?: Told): string {
    const boards = [...(told?.examples ?? []).flat(), grid].map((grid) => this.#rows(grid).join('-'));
    return ['arc', (told?.name ?? '').replaceAll(/[~%]/g, '-'), ...boards].join('~');
  }

  override unlink(text: string): string | undefined {
    return this.#read(text)?.at(-1);
  }

  override told(text: string): Told | undefined {
    const boards = this.#read(text);
    if (!boards || boards.length < 3) return undefined;
    const examples = Array.from({ length: boards.length >> 1 }, (_, pair) => [boards[2 * pair] ?? '', boards[2 * pair + 1] ?? ''] as const);
    return { name: text.split('~')[1] ?? '', examples };
  }

  /** Returns the grids in a part of an address: examples in pairs, then the question. */
  #read(text: string): string[] | undefined {
    const [mark, , ...boards] = text.split('~');
    if (mark !== 'arc' || boards.length % 2 === 0 || boards.includes('')) return undefined;
    try {
      return boards.map((board) => gridOf(rowsOf(board, '-')));
    } catch {
      return undefined;
    }
  }

  override about(grid: string): string {
    const { rows, columns } = this.extent(grid);
    return `${rows} by ${columns} cells`;
  }
}

export const arc: Definition = new Arc();
