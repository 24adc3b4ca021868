/** A hint for those who play themselves: the model's opinion of the cell that it is surest of. Nothing searches, nobody checks. */

import type { SolveOptions, Solver } from './hrm-webgpu/dist/index.js';
import type { Definition } from './tasks/definition.js';

export interface Hint {
  cell: number;
  /** What the model would write there. */
  glyph: string;
  confidence: number;
  /** Whether its answer as a whole keeps the rules; null if there are none. */
  valid: boolean | null;
  /** Whether the visitor wants to know what it would write. */
  isTold: boolean;
}

/** Lets the model think about a grid; returns undefined if it would write nothing into the empty cells. */
export async function hintFor(solver: Solver, task: Definition, grid: string, options: SolveOptions): Promise<Hint | undefined> {
  for await (const { answer, confidences, grid: said } of solver.solve(task.text(grid), { ...options, tries: 1 })) {
    if (!answer) continue;
    const writes = said.replaceAll('\n', '');
    const open = [...grid].flatMap((glyph, cell) => (glyph === task.blank && writes[cell] !== task.blank ? [cell] : []));
    const sure = (cell: number) => confidences?.[cell] ?? 0;
    const [cell] = open.sort((a, b) => sure(b) - sure(a));
    if (cell === undefined) return undefined;
    return { cell, glyph: writes[cell] ?? task.blank, confidence: sure(cell), valid: answer.valid, isTold: false };
  }
  return undefined;
}
