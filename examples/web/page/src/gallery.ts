/** The dialog of puzzles with a name: the day's, and those of the task's gallery. */

import { buttonOf, dom, say } from './dom.js';
import { draw, mini } from './mini.js';
import { dayOf } from './random.js';
import type { Definition } from './tasks/definition.js';

/**
 * Fills the dialog with the puzzles of a task; `choose` gets the grid of the one that is pressed, or made. The puzzle of a
 * day is made by then, if any are.
 */
export function show(task: Definition, daily: (day: number) => Promise<string | undefined>, choose: (grid: string) => void): void {
  slider(task, choose);
  const today = new Date();
  const date = today.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  const buttons = task.gallery.map(([name, grid]) => entry(task, name, grid, choose));
  dom.gallery.replaceChildren(...buttons);
  void daily(dayOf(today)).then((grid) => {
    if (grid !== undefined && buttons.every((button) => button.isConnected)) {
      dom.gallery.prepend(entry(task, `Puzzle of the day, ${date}`, grid, choose));
    }
  });
}

function entry(task: Definition, name: string, grid: string, choose: (grid: string) => void): HTMLButtonElement {
  const button = buttonOf('', {});
  const picture = mini();
  draw(picture, task, grid, grid, () => false);
  const about = Object.assign(document.createElement('small'), { textContent: task.about(grid) });
  const title = Object.assign(document.createElement('span'), { textContent: name });
  title.append(about);
  button.append(picture, title);
  button.addEventListener('click', () => choose(grid));
  return button;
}

/** Offers questions with as many givens as are wanted, where the task can make them. */
function slider(task: Definition, choose: (grid: string) => void): void {
  const { range } = task;
  dom.makeRow.hidden = !range;
  if (!range) return;
  [dom.givens.min, dom.givens.max] = [String(range[0]), String(range[1])];
  const tell = () => say(dom.givensNow, dom.givens.value);
  dom.givens.oninput = tell;
  dom.make.onclick = () => choose(task.withGivens(dom.givens.valueAsNumber, Math.random));
  tell();
}
