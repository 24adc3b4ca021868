/** The dialog of puzzles with a name: the day's, and those of the task's gallery. */

import { buttonOf, dom, say } from './dom.js';
import type { Recipe } from './hrm-webgpu/dist/index.js';
import { draw, mini } from './mini.js';
import { dayOf } from './random.js';
import type { Definition } from './tasks/definition.js';

/** Resolves to a new puzzle, if one can be made. */
type Make = (recipe: Recipe) => Promise<string | undefined>;

/** Fills the dialog with the puzzles of a task; `choose` gets the grid of the one that is pressed, or made. */
export function show(task: Definition, make: Make, choose: (grid: string) => void): void {
  slider(task, make, choose);
  const today = new Date();
  const date = today.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
  const buttons = task.gallery.map(([name, grid]) => entry(task, name, grid, choose));
  dom.gallery.replaceChildren(...buttons);
  void make({ ...task.daily, seed: dayOf(today) }).then((grid) => {
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

/** Offers questions with as many givens as are wanted, where the core can make them. */
function slider({ givens }: Definition, make: Make, choose: (grid: string) => void): void {
  dom.makeRow.hidden = !givens;
  if (!givens) return;
  [dom.givens.min, dom.givens.max] = [String(givens[0]), String(givens[1])];
  const tell = () => say(dom.givensNow, dom.givens.value);
  dom.givens.oninput = tell;
  dom.make.onclick = () => void make({ givens: dom.givens.valueAsNumber }).then((grid) => grid !== undefined && choose(grid));
  tell();
}
