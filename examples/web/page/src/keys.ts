/** Keyboard control of the page. */

import type { App } from './app.js';
import { tasks } from './tasks/index.js';

/** The keys that the page's help lists. */
export const LIST: readonly (readonly [keys: string, does: string])[] = [
  ...tasks.map(({ symbols, title }): [string, string] => [
    symbols.map(({ keys }) => keys.trim().charAt(0)).join(' '),
    `${title}: ${symbols.map(({ name }) => name).join(', ')}`,
  ]),
  ['Backspace, Delete', 'empty the cell; Backspace goes back from an empty one'],
  ['Arrows', 'move over the board'],
  ['Home, End', 'to the first or last cell of the row, with Ctrl of the board'],
  ['Enter', 'solve'],
  ['H', 'hint: the cell that the model is surest of; again, what it would write'],
  ['Esc', 'stop'],
  ['P', 'play or pause (on the board and in the playback, as the next two)'],
  ['[ ]', 'a segment back, or on'],
  ['L, T', 'think longer, try variants'],
  ['Ctrl+V, Ctrl+C', 'paste a puzzle, copy the grid'],
  ['Ctrl+Z, Ctrl+Y', 'undo, redo'],
  ['F1', 'this list'],
];

/** Handles a key anywhere on the page; returns whether it was one of ours. */
export function anywhere(app: App, event: KeyboardEvent): boolean {
  if (event.key === 'Escape' && (app.isThinking || app.isAdvising)) {
    app.stop();
    return true;
  }
  return false;
}

/** Handles a key on the board; returns whether it was one of ours. */
export function onBoard(app: App, event: KeyboardEvent): boolean {
  const { key } = event;
  if (event.altKey) return false;
  if (event.ctrlKey || event.metaKey) return command(app, key.toLowerCase(), event.shiftKey);
  const { task } = app;
  const { at, cursor, extent: { columns } } = app.editor;
  const step = { ArrowUp: -columns, ArrowDown: columns, ArrowLeft: -1, ArrowRight: 1 }[key];
  const start = at - (at % columns);
  const symbol = task.alphabet.find(({ keys }) => keys.includes(key));
  if (step !== undefined) app.edit((editor) => editor.move(step));
  else if (key === 'Home') app.edit((editor) => editor.move(start - at));
  else if (key === 'End') app.edit((editor) => editor.move(start + columns - 1 - at));
  else if (key === 'Delete') app.edit((editor) => editor.put(cursor, task.blank));
  else if (key === 'Backspace') app.edit((editor) => editor.erase());
  else if (symbol) {
    app.edit((editor) => {
      editor.put(cursor, symbol.glyph);
      if (app.settings.moves) editor.move(1);
    });
  } else if (key === 'Enter') void app.solve();
  else if (key.toLowerCase() === 'h' && !task.isDrawn) void app.advise();
  else return inPlayback(app, event);
  return true;
}

/** Handles a key in the playback, or on the board; returns whether it was one of ours. */
export function inPlayback(app: App, { key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  if (altKey || ctrlKey || metaKey) return false;
  const letter = key.toLowerCase();
  if (letter === 'p') app.playback((thinking) => thinking.toggle());
  else if (key === '[') app.playback((thinking) => thinking.seek(thinking.shown - 1));
  else if (key === ']') app.playback((thinking) => thinking.seek(thinking.shown + 1));
  else if (letter === 'l' && app.thinking) void app.solve({ segments: app.more.segments });
  else if (letter === 't' && app.thinking) void app.solve({ tries: app.more.tries });
  else return false;
  return true;
}

function command(app: App, key: string, shift: boolean): boolean {
  const { at } = app.editor;
  if (key === 'z' && !shift) app.edit((editor) => editor.undo());
  else if (key === 'y' || key === 'z') app.edit((editor) => editor.redo());
  else if (key === 'home') app.edit((editor) => editor.move(-at));
  else if (key === 'end') app.edit((editor) => editor.move(-1 - at));
  else return false;
  return true;
}
