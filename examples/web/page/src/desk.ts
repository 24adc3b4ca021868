/** A board with its solve. */

import { Editor } from './editor.js';
import type { Hint } from './hint.js';
import type { Definition, Question } from './tasks/definition.js';
import type { Thinking } from './thinking.js';

export class Desk {
  readonly task: Definition;
  readonly editor: Editor;
  /** The symbol that the pointer draws with, on boards that are drawn. */
  brush: string;
  thinking: Thinking | undefined;
  hint: Hint | undefined;
  /** What is known about a question, the latest that was looked at. */
  #known: { grid: string; question: Question } | undefined;

  constructor(task: Definition) {
    this.task = task;
    this.brush = task.symbols[0]?.glyph ?? task.blank;
    this.editor = new Editor(task);
  }

  /** What is known about the question on the board, before any model has seen it. */
  get question(): Question {
    const { task, editor } = this;
    if (this.#known?.grid !== editor.grid) {
      const isClear = !editor.isEmpty && task.clashes(editor.grid).length === 0;
      this.#known = { grid: editor.grid, question: isClear ? task.question(editor.grid) : 'undecided' };
    }
    return this.#known.question;
  }
}
