/** The tasks that the page has a board for; it starts with the first. To add one, add a folder and a line here. */

import { arc } from './arc/index.js';
import type { Definition, Told } from './definition.js';
import { maze } from './maze/index.js';
import { sudoku } from './sudoku/index.js';

export const tasks: readonly [Definition, ...Definition[]] = [sudoku, maze, arc];

/** Finds a task by name. */
export function find(name: unknown): Definition | undefined {
  return tasks.find((task) => task.name === name);
}

/** Returns the task and the question in a part of an address. */
export function unlink(text: string): { task: Definition; grid: string; told: Told | undefined } | undefined {
  for (const task of tasks) {
    const grid = task.unlink(text);
    if (grid !== undefined) return { task, grid, told: task.told(text) };
  }
  return undefined;
}
