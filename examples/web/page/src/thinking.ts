/** The thinking about one puzzle as far as it has come, and the place in it that is shown. Plain data. */

import type { Answer, Step } from './hrm-webgpu/dist/index.js';
import type { Fault, Task } from './task.js';

/** How the work stands. */
export type Progress = 'running' | 'ended' | 'stopped' | 'failed';

export class Thinking {
  readonly task: Task;
  /** The question, a mark a cell. */
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
  /** Whether the view moves on by itself. */
  playing = true;

  constructor(task: Task, question: string) {
    this.task = task;
    this.question = question;
  }

  add(step: Step): void {
    // Rows are lines in the text of a maze; here a grid is a mark a cell.
    (this.tries[step.try] ??= []).push({ ...step, grid: cells(step.grid) });
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

  /** Shows a segment; the view no longer moves by itself. */
  seek(segment: number): void {
    this.shown = Math.min(Math.max(segment, 0), this.steps.length);
    this.playing = false;
  }

  /** Shows another try, at the place that is shown. */
  choose(number: number): void {
    this.chosen = number;
    this.#clamp();
  }

  /** Plays from here, from the beginning at the end, or rests. */
  toggle(): void {
    if (!this.playing && this.shown >= this.steps.length) this.shown = 0;
    this.playing = !this.playing;
  }

  /** One segment on, while it plays; whether anything moved. */
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

  /** Cells of a step that differ from the one before; in the first one, cells that were not given. */
  changed(segment: number): number[] {
    const now = this.steps[segment - 1]?.grid ?? this.question;
    const before = segment > 1 ? (this.steps[segment - 2]?.grid ?? this.question) : this.question;
    return [...now].flatMap((mark, cell) => (mark === before[cell] ? [] : [cell]));
  }

  /** What a segment took, in milliseconds. */
  time(segment: number): number {
    return (this.steps[segment - 1]?.ms ?? 0) - (this.steps[segment - 2]?.ms ?? 0);
  }

  /** What the shown grid breaks. On the way nearly everything is wrong: it is said where the view rests. */
  faults(): Fault[] {
    return this.step && !this.playing ? this.task.faults(this.question, this.step.grid) : [];
  }

  /** Whether a try ended with a grid that keeps the rules. */
  isValid(number: number): boolean {
    const last = this.tries[number]?.at(-1);
    return last !== undefined && this.task.faults(this.question, last.grid).length === 0;
  }

  /** Another try may have fewer segments. */
  #clamp(): void {
    this.shown = Math.min(this.shown, this.steps.length);
  }

  #winner(answer: Answer): number {
    const gave = (steps: Step[]) => steps.length === answer.segments && steps.at(-1)?.grid === cells(answer.answer);
    const found = this.tries.findIndex((steps) => steps !== undefined && gave(steps));
    return Math.max(found, 0);
  }
}

function cells(text: string): string {
  return text.replaceAll('\n', '');
}
