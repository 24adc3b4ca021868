/** Mazes: `#` wall, space free, `S` start, `G` goal; answers add `o`, the path. */

import { cellsWhere, place, type Fault } from '../board.js';
import { Definition, type Look, type Symbol } from '../definition.js';
import { EXAMPLES, GALLERY } from './examples.js';

const SIDE = 15;
const CELLS = SIDE * SIDE;

/** Returns the cells above, below, left and right. */
function neighbours(cell: number): number[] {
  const column = cell % SIDE;
  const around = [cell - SIDE, cell + SIDE];
  if (column > 0) around.push(cell - 1);
  if (column < SIDE - 1) around.push(cell + 1);
  return around.filter((other) => other >= 0 && other < CELLS);
}

const isWay = (glyph: string | undefined): boolean => glyph === 'S' || glyph === 'G' || glyph === 'o';

function clashes(grid: string): Fault[] {
  return ['S', 'G'].flatMap((glyph) => {
    const cells = cellsWhere(grid, (found) => found === glyph);
    const name = glyph === 'S' ? 'start' : 'goal';
    if (cells.length === 1) return [];
    return [{ message: cells.length === 0 ? `there is no ${name} (${glyph})` : `there is more than one ${name} (${glyph})`, cells }];
  });
}

function faults(question: string, answer: string): Fault[] {
  const found: Fault[] = [];
  const lost = cellsWhere(answer, (glyph, cell) => glyph !== question[cell] && !(glyph === 'o' && question[cell] === ' '));
  for (const cell of lost) {
    found.push({ message: `${place(cell, SIDE)} is not what the question has there`, cells: [cell] });
  }
  const touching = (cell: number) => neighbours(cell).filter((other) => isWay(answer[other]));
  for (const cell of cellsWhere(answer, isWay)) {
    const [needs, has] = [answer[cell] === 'o' ? 2 : 1, touching(cell).length];
    const how = has < needs ? 'breaks off' : 'branches, or touches itself,';
    if (has !== needs) found.push({ message: `the path ${how} in ${place(cell, SIDE)}`, cells: [cell] });
  }
  if (found.length > 0) return found;
  // Every cell has its neighbours, so cells not reached from the start form a ring.
  const reached = new Set(cellsWhere(answer, (glyph) => glyph === 'S'));
  for (const cell of reached) for (const next of touching(cell)) reached.add(next);
  const apart = cellsWhere(answer, (glyph, cell) => glyph === 'o' && !reached.has(cell));
  return apart.length > 0 ? [{ message: 'a part of the path lies apart', cells: apart }] : [];
}

/** Returns a maze turned and mirrored. */
function vary(grid: string, random: () => number): string {
  const [isTurned, isFlipped, isMirrored] = [random() < 0.5, random() < 0.5, random() < 0.5];
  return Array.from(grid, (_, cell) => {
    const [row, column] = [Math.floor(cell / SIDE), cell % SIDE];
    const [y, x] = [isFlipped ? SIDE - 1 - row : row, isMirrored ? SIDE - 1 - column : column];
    return grid[isTurned ? SIDE * x + y : SIDE * y + x];
  }).join('');
}

function symbol(glyph: string, name: string, look: Look, keys: string): Symbol {
  return { glyph, name, look, keys, single: look === 'badge' };
}

class Maze extends Definition {
  override readonly name = 'maze';
  override readonly title = 'Maze';
  override readonly model = 'maze';
  override readonly shape = { rows: SIDE, columns: SIDE };
  override readonly alphabet = [
    symbol('#', 'wall', 'solid', '#'),
    symbol(' ', 'free', 'open', ' -.0'),
    symbol('S', 'start', 'badge', 'sS'),
    symbol('G', 'goal', 'badge', 'gG'),
    symbol('o', 'path', 'dot', ''),
  ];
  /** People draw rooms and long walls, of which its training had few: the model sees them in several variants. */
  override readonly tries = 16;
  override readonly blank = ' ';
  override readonly ruling = 'frame';
  override readonly vocabulary = '# SGo';
  override readonly forms = 'A maze: 15 rows of #, space, S and G.';
  override readonly examples = EXAMPLES;
  override readonly gallery = GALLERY;
  override readonly daily = { level: 'corridors' };
  override readonly refused = 'Not a maze yet';
  override readonly rules = { faults, optimum: { key: 'shortest', said: 'It is a way, but there is a shorter one.' } } as const;
  override readonly clashes = clashes;
  override readonly vary = vary;

  override get first(): string {
    return EXAMPLES['Corridors']?.[0] ?? super.first;
  }

  override link(grid: string): string {
    return grid.replaceAll('#', 'x').replaceAll(' ', '.');
  }

  override unlink(text: string): string | undefined {
    return super.unlink(text.replaceAll('x', '#').replaceAll('.', ' '));
  }

  override about(grid: string): string {
    return `${SIDE} by ${SIDE} cells, ${cellsWhere(grid, (glyph) => glyph === '#').length} walls`;
  }
}

export const maze: Definition = new Maze();
