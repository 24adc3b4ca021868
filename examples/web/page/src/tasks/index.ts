/** The tasks that the page has a board for, the first of which it shows to begin with. A task is a folder and a line here. */

import type { Definition } from './definition.js';
import { maze } from './maze/index.js';
import { sudoku } from './sudoku/index.js';

export const tasks: readonly [Definition, ...Definition[]] = [sudoku, maze];

/** The task of a name. */
export function find(name: unknown): Definition | undefined {
  return tasks.find((task) => task.name === name);
}

/** The task that can read a text, `preferred` if that can, and the grid. */
export function read(text: string, preferred: Definition): { task: Definition; grid: string } | undefined {
  for (const task of [preferred, ...tasks]) {
    try {
      return { task, grid: task.read(text) };
    } catch {
      // Perhaps another one.
    }
  }
  return undefined;
}
