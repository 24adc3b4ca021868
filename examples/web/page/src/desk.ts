/** A board with its solve. */

import { Editor } from './editor.js';
import type { Hint } from './hint.js';
import type { Definition } from './tasks/definition.js';
import type { Thinking } from './thinking.js';

export class Desk {
  readonly task: Definition;
  readonly editor: Editor;
  /** The symbol that the pointer draws with, on boards that are drawn. */
  brush: string;
  thinking: Thinking | undefined;
  hint: Hint | undefined;

  constructor(task: Definition) {
    this.task = task;
    this.brush = task.symbols[0]?.glyph ?? task.blank;
    this.editor = new Editor(task);
  }

  /** Begins with a question as an address has it. */
  begin(text: string): void {
    this.editor.begin(this.task.unlink(text) ?? text, this.task.told(text));
  }
}
