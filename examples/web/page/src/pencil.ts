/** Candidates as pencil marks over the board: small digits, the larger and the more central the likelier they are. */

import type { Candidate } from './candidates.js';
import type { Definition } from './tasks/definition.js';

/** Size of a digit in cells: of one that is hardly thought of, and what certainty adds. */
const [SMALL, MORE] = [0.21, 0.39];
/** The size of the font of all digits, in cells: one font, which is scaled, takes no new layout while a digit grows. */
const FONT = 100;

/** Shows candidates by cell; the digits move where they were before. */
export function pencil(svg: SVGSVGElement, task: Definition, cells: ReadonlyMap<number, readonly Candidate[]>): void {
  const { rows, columns } = task.shape;
  svg.setAttribute('viewBox', `0 0 ${columns} ${rows}`);
  const digits = [...task.vocabulary].filter((glyph) => glyph !== task.blank);
  const side = Math.ceil(Math.sqrt(digits.length));
  const before = new Map([...svg.children].map((mark) => [mark.getAttribute('data-mark'), mark]));
  for (const [cell, candidates] of cells) {
    for (const { glyph, probability } of candidates) {
      const slot = digits.indexOf(glyph);
      if (slot < 0) continue;
      const name = `${cell} ${glyph}`;
      const mark = before.get(name) ?? svg.appendChild(text(name, glyph));
      before.delete(name);
      const toward = (from: number) => from + (0.5 - from) * probability ** 3;
      const x = (cell % columns) + toward(((slot % side) + 0.5) / side);
      const y = Math.floor(cell / columns) + toward((Math.floor(slot / side) + 0.5) / side);
      if (!(mark instanceof SVGElement)) continue;
      mark.style.transform = `translate(${x}px, ${y}px) scale(${(SMALL + MORE * probability) / FONT})`;
      mark.style.opacity = String(0.55 + 0.45 * probability);
    }
  }
  for (const mark of before.values()) mark.remove();
}

function text(name: string, glyph: string): SVGElement {
  const mark = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  mark.setAttribute('data-mark', name);
  mark.textContent = glyph;
  return mark;
}
