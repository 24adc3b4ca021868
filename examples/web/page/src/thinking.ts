/** The solve of one puzzle, as far as it has come, and the position in it that is shown. Plain data. */

import type { Answer, Step, TraceSegment } from './hrm-webgpu/dist/index.js';
import { isUnsure } from './board.js';
import type { Candidates } from './candidates.js';
import type { Mind } from './mind.js';
import type { Fault } from './tasks/board.js';
import type { Definition, Told } from './tasks/definition.js';

/** The state of the solve. */
export type Progress = 'running' | 'ended' | 'stopped' | 'failed';

/** Returns a step by the cells of the task's grids: its own grid may be lines of text, and its confidences another canvas's. */
export function ofCells(task: Definition, step: Step): Step {
  const { grid, confidences } = step;
  return { ...step, grid: task.fit(grid), ...(confidences && { confidences: task.ofCells(confidences) }) };
}

export class Thinking {
  readonly task: Definition;
  /** The question, one glyph per cell. */
  readonly question: string;
  /** The steps of each try. */
  readonly tries: Step[][] = [];
  progress: Progress = 'running';
  answer: Answer | undefined;
  /** The try that gave the answer. */
  winner: number | undefined;
  /** The try that the user chose to see. */
  chosen: number | undefined;
  /** The segment that is shown, 0 for the question. */
  shown = 0;
  /** Whether the position moves on by itself. */
  playing = true;
  /** Whether somebody asked for the playback, who then sees it even where motion is unwanted. */
  isWanted = false;
  /** What the network thought of in the first try, once that is known. */
  candidates: Candidates | undefined;
  /** The raw outputs of the first try, once they are known, and whether they are being computed. */
  trace: readonly TraceSegment[] | undefined;
  tracing = false;
  /** What the states tell, once somebody looks at them. */
  mind: Mind | undefined;

  /** What belongs to the question besides its grid. */
  readonly told: Told | undefined;

  constructor(task: Definition, question: string, told?: Told) {
    [this.task, this.question, this.told] = [task, question, told];
  }

  add(step: Step): void {
    const steps = (this.tries[step.try] ??= []);
    // The last segment of a try that a vote chooses comes twice.
    if (steps.length < step.segment) steps.push(ofCells(this.task, step));
    if (step.answer) {
      this.answer = step.answer;
      this.winner = this.#winner(step.answer);
      this.#clamp();
    }
  }

  /** The try that is shown. */
  get try(): number {
    return this.chosen ?? this.winner ?? 0;
  }

  get steps(): Step[] {
    return this.tries[this.try] ?? [];
  }

  /** The step that is shown; undefined for the question. */
  get step(): Step | undefined {
    return this.steps[this.shown - 1];
  }

  get isRunning(): boolean {
    return this.progress === 'running';
  }

  /** Whether the last segment is shown, and none will follow. */
  get atEnd(): boolean {
    return !this.isRunning && this.shown >= this.steps.length;
  }

  /** Shows a segment, and pauses. */
  seek(segment: number): void {
    this.shown = Math.min(Math.max(segment, 0), this.steps.length);
    this.playing = false;
  }

  /** Shows another try at the same position. */
  choose(number: number): void {
    this.chosen = number;
    this.#clamp();
  }

  /** Plays or pauses; at the end, starts over. */
  toggle(): void {
    if (!this.playing && this.shown >= this.steps.length) this.shown = 0;
    this.playing = !this.playing;
    this.isWanted = this.playing;
  }

  /** Moves one segment on while playing; returns whether anything moved. */
  tick(): boolean {
    if (!this.playing) return false;
    if (this.shown < this.steps.length) {
      this.shown++;
      if (this.atEnd) this.playing = false;
      return true;
    }
    if (!this.isRunning) this.playing = false;
    return !this.isRunning;
  }

  /** Returns the cells of a step that differ from the previous one; for the first, the cells that were not given. */
  changed(segment: number): number[] {
    const now = this.steps[segment - 1]?.grid ?? this.question;
    const before = segment > 1 ? (this.steps[segment - 2]?.grid ?? this.question) : this.question;
    return [...now].flatMap((glyph, cell) => (glyph === before[cell] ? [] : [cell]));
  }

  /** Returns how many cells that were not given the network is unsure of. */
  unsure(segment: number): number {
    const { confidences, grid = this.question } = this.steps[segment - 1] ?? {};
    return [...grid].filter((_, cell) => this.task.asks(this.question, grid, cell) && isUnsure(confidences?.[cell])).length;
  }

  /** Returns the time of a segment, in milliseconds. */
  time(segment: number): number {
    return (this.steps[segment - 1]?.ms ?? 0) - (this.steps[segment - 2]?.ms ?? 0);
  }

  /** Returns what the shown grid breaks, while paused: before the end, nearly everything is wrong. */
  faults(): Fault[] {
    return this.step && !this.playing ? this.#faults(this.step) : [];
  }

  /** Returns whether a try ended with a grid that keeps the rules. */
  isValid(number: number): boolean {
    const last = this.tries[number]?.at(-1);
    return last !== undefined && this.isJudged && this.#faults(last).length === 0;
  }

  /** Whether the end is shown, and it keeps the rules. */
  get isSolved(): boolean {
    return this.atEnd && !this.playing && this.isValid(this.try);
  }

  /** Whether there are rules to judge by. */
  get isJudged(): boolean {
    return this.task.rules !== undefined;
  }

  #faults({ grid }: Step): Fault[] {
    return this.task.rules?.faults(this.question, grid) ?? [];
  }

  /** Clamps the position: another try may have fewer segments. */
  #clamp(): void {
    this.shown = Math.min(this.shown, this.steps.length);
  }

  #winner(answer: Answer): number {
    const gave = (steps: Step[]) => steps.length === answer.segments && steps.at(-1)?.grid === this.task.fit(answer.answer);
    const found = this.tries.findIndex((steps) => steps !== undefined && gave(steps));
    return Math.max(found, 0);
  }
}
