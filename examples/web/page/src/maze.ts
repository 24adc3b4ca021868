/** Mazes: `#` wall, space free, `S` start, `G` goal; answers add `o`, the path. */

import { MAZES } from './puzzles.js';
import { cellsWhere, place, type Fault, type Task } from './task.js';

const SIDE = 15;
const CELLS = SIDE * SIDE;

/** The cells above, below, left and right. */
function neighbours(cell: number): number[] {
  const column = cell % SIDE;
  const around = [cell - SIDE, cell + SIDE];
  if (column > 0) around.push(cell - 1);
  if (column < SIDE - 1) around.push(cell + 1);
  return around.filter((other) => other >= 0 && other < CELLS);
}

const isWay = (mark: string | undefined): boolean => mark === 'S' || mark === 'G' || mark === 'o';

function clashes(grid: string): Fault[] {
  return ['S', 'G'].flatMap((mark) => {
    const cells = cellsWhere(grid, (found) => found === mark);
    const name = mark === 'S' ? 'start' : 'goal';
    if (cells.length === 1) return [];
    return [{ text: cells.length === 0 ? `there is no ${name} (${mark})` : `there are ${cells.length} of ${name}`, cells }];
  });
}

function faults(question: string, answer: string): Fault[] {
  const found: Fault[] = [];
  const lost = cellsWhere(answer, (mark, cell) => mark !== question[cell] && !(mark === 'o' && question[cell] === ' '));
  for (const cell of lost) {
    found.push({ text: `${place(cell, SIDE)} is not what the question has there`, cells: [cell] });
  }
  const touching = (cell: number) => neighbours(cell).filter((other) => isWay(answer[other]));
  for (const cell of cellsWhere(answer, isWay)) {
    const [needs, has] = [answer[cell] === 'o' ? 2 : 1, touching(cell).length];
    const how = has < needs ? 'breaks off' : 'branches, or touches itself,';
    if (has !== needs) found.push({ text: `the path ${how} at ${place(cell, SIDE)}`, cells: [cell] });
  }
  if (found.length > 0) return found;
  // Every cell has its neighbours: what the start does not lead to is a ring.
  const reached = new Set(cellsWhere(answer, (mark) => mark === 'S'));
  for (const cell of reached) for (const next of touching(cell)) reached.add(next);
  const apart = cellsWhere(answer, (mark, cell) => mark === 'o' && !reached.has(cell));
  return apart.length > 0 ? [{ text: 'a part of the path lies apart', cells: apart }] : [];
}

/** `.`, `-` and `_` are free and `x` is wall too, so that a grid can stand in an address. */
function read(text: string): string {
  const lines = text.replace(/\r/g, '').split('\n').filter((line) => line !== '');
  const grid = (lines.length === SIDE ? lines.map((line) => line.padEnd(SIDE)) : lines).join('');
  const marks = grid.replace(/[.\-_]/g, ' ').replace(/x/g, '#').replace(/o/g, ' ').toUpperCase();
  const foreign = /[^# SG]/u.exec(marks);
  if (foreign) throw new Error(`a maze has #, space, S and G; "${foreign[0]}" is none of them`);
  if (marks.length !== CELLS) throw new Error(`the model takes mazes of ${SIDE} by ${SIDE} cells; there are ${marks.length} cells`);
  return marks;
}

function text(grid: string): string {
  return Array.from({ length: SIDE }, (_, row) => grid.slice(row * SIDE, (row + 1) * SIDE)).join('\n');
}

export const maze: Task = {
  name: 'maze',
  title: 'Maze',
  side: SIDE,
  blank: ' ',
  single: 'SG',
  brushes: [
    { mark: '#', keys: '#', name: 'wall' },
    { mark: ' ', keys: ' -.0', name: 'free' },
    { mark: 'S', keys: 'sS', name: 'start' },
    { mark: 'G', keys: 'gG', name: 'goal' },
  ],
  puzzles: MAZES,
  read,
  text,
  link: (grid) => grid.replaceAll('#', 'x').replaceAll(' ', '.'),
  clashes,
  faults,
  about: (grid) => `${SIDE} by ${SIDE} cells, ${cellsWhere(grid, (mark) => mark === '#').length} walls`,
};
