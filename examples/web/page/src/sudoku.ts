/** Sudokus. */

import { SUDOKUS } from './puzzles.js';
import { cellsWhere, place, type Fault, type Task } from './task.js';

const SIDE = 9;
const CELLS = SIDE * SIDE;

const row = (cell: number): number => Math.floor(cell / SIDE);
const column = (cell: number): number => cell % SIDE;
const box = (cell: number): number => 3 * Math.floor(row(cell) / 3) + Math.floor(column(cell) / 3);

/** Whether two cells share a row, a column or a box. */
export function arePeers(a: number, b: number): boolean {
  return a !== b && (row(a) === row(b) || column(a) === column(b) || box(a) === box(b));
}

const UNITS = [
  { name: 'row', of: row },
  { name: 'column', of: column },
  { name: 'box', of: box },
];

/** Digits that stand twice where they may stand once. */
function repeated(grid: string): Fault[] {
  const faults: Fault[] = [];
  for (const { name, of } of UNITS) {
    for (let unit = 0; unit < SIDE; unit++) {
      for (const digit of '123456789') {
        const cells = cellsWhere(grid, (mark, cell) => mark === digit && of(cell) === unit);
        if (cells.length > 1) faults.push({ text: `${digit} stands more than once in ${name} ${unit + 1}`, cells });
      }
    }
  }
  return faults;
}

/** What an answer breaks: rules, givens that it changed, cells that it left empty. */
function faults(question: string, answer: string): Fault[] {
  const found = repeated(answer);
  for (let cell = 0; cell < CELLS; cell++) {
    const [asked, has] = [question[cell], answer[cell]];
    if (has === '.') found.push({ text: `${place(cell, SIDE)} is empty`, cells: [cell] });
    else if (asked !== '.' && asked !== has) {
      found.push({ text: `the given ${asked} at ${place(cell, SIDE)} became ${has}`, cells: [cell] });
    }
  }
  return found;
}

/** The grid that a text means: 81 characters, nine lines, a drawn box, a table copied from a page. */
function read(text: string): string {
  const table = text.split(/\r?\n/).filter((line) => line.includes('\t'));
  if (table.length === SIDE) {
    const cells = table.map((line) => line.split('\t').slice(0, SIDE).map((cell) => cell.trim() || '.'));
    text = cells.map((line) => line.join('')).join('');
  }
  const marks = text.replace(/[\s|+\-─-╿,;:[\]"']/g, '').replace(/[0_*?xX]/g, '.');
  const foreign = /[^1-9.]/u.exec(marks);
  if (foreign) throw new Error(`a Sudoku has digits, and 0 or . for an empty cell; "${foreign[0]}" is neither`);
  if (marks.length !== CELLS) throw new Error(`a Sudoku has 81 cells; there are ${marks.length}`);
  return marks;
}

export const sudoku: Task = {
  name: 'sudoku',
  title: 'Sudoku',
  side: SIDE,
  blank: '.',
  single: '',
  brushes: [
    ...[...'123456789'].map((mark) => ({ mark, keys: mark, name: mark })),
    { mark: '.', keys: '0. ', name: 'empty' },
  ],
  puzzles: SUDOKUS,
  read,
  text: (grid) => grid,
  link: (grid) => grid,
  clashes: repeated,
  faults,
  about: (grid) => `${cellsWhere(grid, (mark) => mark !== '.').length} givens`,
};
