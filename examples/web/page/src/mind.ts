/** What the states of a solve tell: how far each cell's moved in a segment, and the path of all. Plain data. */

import type { TraceSegment } from './hrm-webgpu/dist/index.js';

export type State = 'zH' | 'zL';
export const STATES: readonly State[] = ['zH', 'zL'];

/** The positions of a path in its two main directions, and which share of all movement these hold. */
export interface Path {
  points: readonly (readonly [x: number, y: number])[];
  share: number;
}

/** Steps of the iteration for a main direction: neighbours in size part slowly, but then either will do. */
const ITERATIONS = 200;
/** The part of the cells that the scale of movement has room for. */
const NEARLY = 0.97;

export class Mind {
  readonly #trace: readonly TraceSegment[];
  readonly cells: number;
  readonly hidden: number;
  /** Positions before the cells, which hold what the model knows of the puzzle's kind. */
  readonly #prefix: number;
  readonly #moved = new Map<State, Float32Array[]>();
  readonly #most = new Map<State, number>();
  #path: Path | undefined;

  private constructor(trace: readonly TraceSegment[], cells: number, hidden: number, prefix: number) {
    [this.#trace, this.cells, this.hidden, this.#prefix] = [trace, cells, hidden, prefix];
  }

  /** Takes the states of a trace; undefined if they are not a vector a cell. */
  static of(trace: readonly TraceSegment[], cells: number, hidden: number): Mind | undefined {
    const prefix = (trace[0]?.zH.length ?? 0) / hidden - cells;
    const isOne = Number.isInteger(prefix) && prefix >= 0 && prefix < cells;
    return isOne ? new Mind(trace, cells, hidden, prefix) : undefined;
  }

  get segments(): number {
    return this.#trace.length;
  }

  /** Whether the model has this state; some have only one. */
  has(state: State): boolean {
    return this.#trace[0]?.[state].length === (this.#prefix + this.cells) * this.hidden;
  }

  /** Returns the values of all cells after a segment, cell by cell. */
  values(state: State, segment: number): Float32Array {
    return this.#trace[segment - 1]?.[state].subarray(this.#prefix * this.hidden) ?? new Float32Array();
  }

  /** Returns how far each cell's state moved in a segment; undefined in the first, before which no state is known. */
  moved(state: State, segment: number): Float32Array | undefined {
    let all = this.#moved.get(state);
    if (!all) {
      all = this.#trace.slice(1).map((_, index) => this.#distances(this.values(state, index + 1), this.values(state, index + 2)));
      this.#moved.set(state, all);
    }
    return all[segment - 2];
  }

  #distances(before: Float32Array, after: Float32Array): Float32Array {
    return Float32Array.from({ length: this.cells }, (_, cell) => {
      let sum = 0;
      for (let at = cell * this.hidden; at < (cell + 1) * this.hidden; at++) sum += ((after[at] ?? 0) - (before[at] ?? 0)) ** 2;
      return Math.sqrt(sum);
    });
  }

  /** How far nearly all cells moved at most, in all segments: the end of the scale, which few cells would stretch. */
  most(state: State): number {
    let most = this.#most.get(state);
    if (most === undefined) {
      const all = this.#trace.flatMap((_, index) => [...(this.moved(state, index + 1) ?? [])]).sort((a, b) => a - b);
      most = all[Math.floor(NEARLY * all.length)] ?? 0;
      this.#most.set(state, most);
    }
    return most;
  }

  /** The path of z_H over the segments, projected on the two directions in which it moved most. */
  get path(): Path {
    return (this.#path ??= project(this.#trace.map((_, index) => this.values('zH', index + 1))));
  }
}

/** Projects points on their two main directions. These follow from the products of the few points, not of the many values. */
export function project(points: readonly Float32Array[]): Path {
  const count = points.length;
  const products = points.map((a) => points.map((b) => dot(a, b)));
  const means = products.map((row) => row.reduce((sum, one) => sum + one, 0) / count);
  const mean = means.reduce((sum, one) => sum + one, 0) / count;
  const gram = products.map((row, i) => row.map((one, j) => one - (means[i] ?? 0) - (means[j] ?? 0) + mean));
  const total = gram.reduce((sum, row, i) => sum + (row[i] ?? 0), 0);
  const [first, second] = [main(gram), main(gram)];
  const at = points.map((_, i) => [first.along[i] ?? 0, second.along[i] ?? 0] as const);
  return { points: at, share: total > 0 ? (first.size + second.size) / total : 1 };
}

/** Returns the main direction of a symmetric matrix and takes it out of it. The path ends on its positive side. */
function main(matrix: number[][]): { size: number; along: number[] } {
  // A start that is no direction of symmetry, and the same each time.
  let vector = matrix.map((_, i) => Math.sin(i + 1));
  let size = 0;
  for (let i = 0; i < ITERATIONS; i++) {
    const next = matrix.map((row) => dot(row, vector));
    size = Math.hypot(...next);
    if (size < 1e-9) return { size: 0, along: vector.map(() => 0) };
    vector = next.map((one) => one / size);
  }
  matrix.forEach((row, i) => row.forEach((one, j) => (row[j] = one - size * (vector[i] ?? 0) * (vector[j] ?? 0))));
  const sign = (vector.at(-1) ?? 0) < (vector[0] ?? 0) ? -1 : 1;
  return { size, along: vector.map((one) => sign * Math.sqrt(size) * one) };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
