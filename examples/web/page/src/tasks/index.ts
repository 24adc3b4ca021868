/** The tasks that the page has a board for; it starts with the first. To add one, add a folder and a line here. */

import type { Definition } from './definition.js';
import { maze } from './maze/index.js';
import { sudoku } from './sudoku/index.js';

export const tasks: readonly [Definition, ...Definition[]] = [sudoku, maze];

/** Finds a task by name. */
export function find(name: unknown): Definition | undefined {
  return tasks.find((task) => task.name === name);
}

/** Returns a task that can read a text (`preferred` if it can) and the grid. */
export function read(text: string, preferred: Definition): { task: Definition; grid: string } | undefined {
  for (const task of [preferred, ...tasks]) {
    try {
      return { task, grid: task.read(text) };
    } catch {
      // Another task may read it.
    }
  }
  return undefined;
}
