/** Symmetries of Sudoku: what they make of a puzzle is another one, exactly as hard. */

import { shuffled } from '../../random.js';

const SIDE = 9;
const THREE = [0, 1, 2];

/** Returns an order of rows that keeps bands together. */
function lines(random: () => number): number[] {
  return shuffled(THREE, random).flatMap((band) => shuffled(THREE, random).map((line) => 3 * band + line));
}

/** Returns a grid with digits, rows and columns exchanged, and turned. */
export function vary(grid: string, random: () => number): string {
  const digits = shuffled([...'123456789'], random);
  const [rows, columns] = [lines(random), lines(random)];
  const isTurned = random() < 0.5;
  return Array.from(grid, (_, cell) => {
    const [row = 0, column = 0] = [rows[Math.floor(cell / SIDE)], columns[cell % SIDE]];
    const glyph = grid[isTurned ? SIDE * column + row : SIDE * row + column] ?? '.';
    return digits[Number(glyph) - 1] ?? glyph;
  }).join('');
}
