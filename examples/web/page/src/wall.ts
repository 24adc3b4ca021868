/** A wall of small boards, one for each try, which lights up where the rules are kept. */

import { isUnsure } from './board.js';
import { buttonOf } from './dom.js';
import { draw, mini } from './mini.js';
import type { Thinking } from './thinking.js';

export function wall(group: HTMLElement, thinking: Thinking): void {
  const { tries, shown, task, question } = thinking;
  group.hidden = tries.length < 2;
  while (group.childElementCount > tries.length) group.lastElementChild?.remove();
  if (group.hidden) return;
  for (let number = 0; number < tries.length; number++) {
    const button = buttonAt(group, number);
    const steps = tries[number] ?? [];
    const step = steps[Math.min(shown, steps.length) - 1];
    const isThere = thinking.isValid(number) && shown >= steps.length;
    const picture = button.querySelector('svg');
    if (picture) draw(picture, task, question, step?.grid ?? question, (cell) => isUnsure(step?.confidences?.[cell]));
    button.classList.toggle('good', isThere);
    button.ariaPressed = String(thinking.try === number);
    const verdict = thinking.isValid(number) ? 'valid' : 'not valid';
    button.ariaLabel = `Try ${number + 1}: ${verdict}${thinking.winner === number ? ', gives the answer' : ''}`;
  }
}

function buttonAt(group: HTMLElement, number: number): HTMLButtonElement {
  const before = group.children[number];
  if (before instanceof HTMLButtonElement) return before;
  const button = group.appendChild(buttonOf('', {}));
  button.append(mini(), String(number + 1));
  return button;
}
