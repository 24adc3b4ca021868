/** What the network thinks of in every cell: candidates with their probabilities, of one try. */

import type { Step, TraceSegment } from './hrm-webgpu/dist/index.js';

export interface Candidate {
  glyph: string;
  probability: number;
}

/** Most segments whose candidates are kept. */
export const MOST_TRACED = 64;
/** Less probable ones are left out. */
const LEAST = 0.02;
/** A cell with a likelier symbol than this has made up its mind. */
const DECIDED = 0.98;

export class Candidates {
  readonly #vocabulary: string;
  readonly #logits: readonly Float32Array[];

  private constructor(vocabulary: string, logits: readonly Float32Array[]) {
    this.#vocabulary = vocabulary;
    this.#logits = logits;
  }

  /** Takes the logits of a trace, if it is a trace of these steps. */
  static of(vocabulary: string, trace: readonly TraceSegment[], steps: readonly Step[]): Candidates | undefined {
    const grids = trace.map(({ preds }) => Array.from(preds, (id) => vocabulary[id - 1] ?? '.').join(''));
    const isSame = grids.length === steps.length && steps.every(({ grid }, index) => grid === grids[index]);
    return isSame ? new Candidates(vocabulary, trace.map(({ logits }) => logits)) : undefined;
  }

  /** Returns the candidates of a cell after a segment, the likeliest first. */
  at(segment: number, cell: number): Candidate[] {
    const all = this.#logits[segment - 1];
    if (!all) return [];
    const ids = this.#vocabulary.length + 1;
    const logits = all.subarray(cell * ids, (cell + 1) * ids);
    const most = Math.max(...logits);
    const weights = Array.from(logits, (logit) => Math.exp(logit - most));
    const sum = weights.reduce((sum, weight) => sum + weight, 0);
    return weights
      .map((weight, id) => ({ glyph: this.#vocabulary[id - 1] ?? '', probability: weight / sum }))
      .filter(({ glyph, probability }) => glyph !== '' && probability >= LEAST)
      .sort((a, b) => b.probability - a.probability);
  }

  /** Returns the candidates of the cells that have not made up their mind. */
  open(segment: number, question: string, blank: string): Map<number, Candidate[]> {
    const found = new Map<number, Candidate[]>();
    for (let cell = 0; cell < question.length; cell++) {
      const candidates = question[cell] === blank ? this.at(segment, cell) : [];
      if (candidates.length > 0 && (candidates[0]?.probability ?? 0) < DECIDED) found.set(cell, candidates);
    }
    return found;
  }
}
