/** Sudokus. */

import { place, type Fault } from '../board.js';
import { Definition, type Symbol } from '../definition.js';
import { EXAMPLES, GALLERY } from './examples.js';
import { vary } from './vary.js';

const SIDE = 9;
const CELLS = SIDE * SIDE;

const row = (cell: number): number => Math.floor(cell / SIDE);
const column = (cell: number): number => cell % SIDE;
const box = (cell: number): number => 3 * Math.floor(row(cell) / 3) + Math.floor(column(cell) / 3);

/** Returns whether two cells share a row, a column or a box. */
function arePeers(a: number, b: number): boolean {
  return a !== b && (row(a) === row(b) || column(a) === column(b) || box(a) === box(b));
}

/** The cells of every row, column and box, each with its name. */
const UNITS = Object.entries({ row, column, box }).flatMap(([name, of]) =>
  Array.from({ length: SIDE }, (_, unit) => ({
    name: `${name} ${unit + 1}`,
    cells: Array.from({ length: CELLS }, (_, cell) => cell).filter((cell) => of(cell) === unit),
  })),
);

/** Returns digits that occur twice where they may occur once. */
function repeated(grid: string): Fault[] {
  const faults: Fault[] = [];
  for (const unit of UNITS) {
    const held = unit.cells.map((cell) => grid[cell]).sort();
    for (const digit of new Set(held.filter((digit, at) => digit !== '.' && digit === held[at - 1]))) {
      faults.push({ message: `${digit} stands more than once in ${unit.name}`, cells: unit.cells.filter((cell) => grid[cell] === digit) });
    }
  }
  return faults;
}

/** Returns what an answer breaks: rules, givens that it changed, cells that it left empty. */
function faults(question: string, answer: string): Fault[] {
  const found = repeated(answer);
  for (let cell = 0; cell < CELLS; cell++) {
    const [asked, has] = [question[cell], answer[cell]];
    if (has === '.') found.push({ message: `${place(cell, SIDE)} holds no digit`, cells: [cell] });
    else if (asked !== '.' && asked !== has) {
      found.push({ message: `the given ${asked} in ${place(cell, SIDE)} became ${has}`, cells: [cell] });
    }
  }
  return found;
}

class Sudoku extends Definition {
  override readonly name = 'sudoku';
  override readonly title = 'Sudoku';
  override readonly model = 'sudoku';
  override readonly shape = { rows: SIDE, columns: SIDE };
  override readonly alphabet = [
    ...[...'123456789'].map((glyph): Symbol => ({ glyph, name: glyph, look: 'text', keys: glyph, single: false })),
    { glyph: '.', name: 'empty', look: 'open', keys: '0. ', single: false } as const,
  ];
  override readonly ruling = { rows: 3, columns: 3 };
  override readonly vocabulary = '.123456789';
  override readonly forms = 'A Sudoku: 81 characters, nine lines, a drawn box, a table or a list.';
  override readonly examples = EXAMPLES;
  override readonly gallery = GALLERY;
  override readonly refused = 'Givens that clash';
  override readonly daily = { level: 'extreme' };
  override readonly givens = [23, 60] as const;
  override readonly rules = { faults };
  override readonly clashes = repeated;
  override readonly arePeers = arePeers;
  override readonly vary = vary;

  /** A puzzle on which a search that fills in singles has to guess at least ten times, and the network to think eight times. */
  override get first(): string {
    return EXAMPLES['Extreme']?.[6] ?? super.first;
  }

  /** Returns all cells on one line. */
  override text(grid: string): string {
    return grid;
  }

  override count({ look }: Symbol): number | undefined {
    return look === 'text' ? SIDE : undefined;
  }
}

export const sudoku: Definition = new Sudoku();
