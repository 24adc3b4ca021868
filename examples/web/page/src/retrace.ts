/** What the first try of a solve was made of. */

import { Candidates, MOST_TRACED } from './candidates.js';
import type { Solver } from './hrm-webgpu/dist/index.js';
import type { Thinking } from './thinking.js';

/** Whether a solver can tell what a solve was made of, and has not yet. */
export function isTraceable(solver: Solver, thinking: Thinking): boolean {
  const { task, tries } = thinking;
  const { length } = tries[0] ?? [];
  const isNew = !thinking.isRunning && !thinking.trace && !thinking.tracing;
  return isNew && solver.model.task === task.name && task.vocabulary !== '' && length > 0 && length <= MOST_TRACED;
}

/** Computes the first try once more, which takes less time than playing it, and keeps its candidates and states. */
export async function retrace(solver: Solver, thinking: Thinking): Promise<void> {
  const { vocabulary } = thinking.task;
  const first = thinking.tries[0] ?? [];
  const ids = Array.from(thinking.question, (glyph) => vocabulary.indexOf(glyph) + 1);
  thinking.tracing = true;
  try {
    const trace = await solver.trace(ids, first.length);
    thinking.candidates = Candidates.of(vocabulary, trace, first);
    // Another device rounds differently, and may think of something else.
    if (thinking.candidates) thinking.trace = trace;
  } catch {
    // The solver was freed, or its device is lost: then there are no candidates to show.
  }
  thinking.tracing = false;
}
