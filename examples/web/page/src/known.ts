/** What is known about the question on the board: the core is asked, and tells when it knows. */

import type { Solver } from './hrm-webgpu/dist/index.js';
import type { Definition, Question } from './tasks/definition.js';

export class Known {
  readonly #solver: () => Promise<Solver | undefined>;
  readonly #news: () => void;
  /** The latest question that was looked at. */
  #latest: { task: Definition; grid: string; question: Question } | undefined;

  /** Takes what gives the solver, once a model is open, and what is called when more is known. */
  constructor(solver: () => Promise<Solver | undefined>, news: () => void) {
    [this.#solver, this.#news] = [solver, news];
  }

  /** Returns what is known of a question by now. */
  of(task: Definition, grid: string): Question {
    if (this.#latest?.task !== task || this.#latest.grid !== grid) {
      this.#latest = { task, grid, question: 'undecided' };
      if (grid !== task.empty && task.clashes(grid).length === 0) void this.#ask(this.#latest);
    }
    return this.#latest.question;
  }

  async #ask(asked: { task: Definition; grid: string; question: Question }): Promise<void> {
    try {
      const solver = await this.#solver();
      // Who types on does not wait for what was there before.
      if (this.#latest !== asked || !solver) return;
      const { question } = await solver.check(asked.task.text(asked.grid));
      if (question === null || question === 'clash') return;
      asked.question = question;
      if (this.#latest === asked) this.#news();
    } catch {
      // The solver was freed, or a toy knows no rules: then nothing is known.
    }
  }
}
