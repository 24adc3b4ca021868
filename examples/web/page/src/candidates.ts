/** What the network thinks of in every cell: candidates with their probabilities. */

import type { Step } from './hrm-webgpu/dist/index.js';

export interface Candidate {
  glyph: string;
  probability: number;
}

/** Less probable ones are left out. */
const LEAST = 0.02;
/** A cell with a likelier symbol than this has made up its mind. */
const DECIDED = 0.98;

/** Returns the candidates of a cell after a segment, the likeliest first. Ids of a vocabulary begin with 1. */
export function at(vocabulary: string, step: Step | undefined, cell: number): Candidate[] {
  const ids = vocabulary.length + 1;
  const all = step?.candidates?.subarray(cell * ids, (cell + 1) * ids) ?? [];
  return Array.from(all, (probability, id) => ({ glyph: vocabulary[id - 1] ?? '', probability }))
    .filter(({ glyph, probability }) => glyph !== '' && probability >= LEAST)
    .sort((a, b) => b.probability - a.probability);
}

/** Returns the candidates of the cells that have not made up their mind. */
export function open(vocabulary: string, step: Step | undefined, question: string, blank: string): Map<number, Candidate[]> {
  const found = new Map<number, Candidate[]>();
  for (let cell = 0; cell < question.length; cell++) {
    const candidates = question[cell] === blank ? at(vocabulary, step, cell) : [];
    if (candidates.length > 0 && (candidates[0]?.probability ?? 0) < DECIDED) found.set(cell, candidates);
  }
  return found;
}
