/** Candidates as pencil marks over the board: small digits, the larger and the more central the likelier they are. The
 * others make way for the likeliest. */

import type { Candidate } from './candidates.js';
import type { Definition } from './tasks/definition.js';

/** Size of a digit in cells: of one that is hardly thought of, and what certainty adds. */
const [SMALL, MORE] = [0.21, 0.39];
/** Width and height of a digit, in sizes of its font. */
const [WIDE, HIGH] = [0.56, 0.72];
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
    const known = candidates.filter(({ glyph }) => digits.includes(glyph));
    const places = spread(side, known.map(({ glyph, probability }) => [digits.indexOf(glyph), probability]));
    for (const [number, { glyph, probability }] of known.entries()) {
      const place = places[number];
      if (!place) continue;
      const name = `${cell} ${glyph}`;
      const mark = before.get(name) ?? svg.appendChild(text(name, glyph));
      before.delete(name);
      if (!(mark instanceof SVGElement)) continue;
      const [x, y] = [(cell % columns) + place.x, Math.floor(cell / columns) + place.y];
      mark.style.transform = `translate(${x}px, ${y}px) scale(${place.size / FONT})`;
      mark.style.opacity = String(0.55 + 0.45 * probability);
    }
  }
  for (const mark of before.values()) mark.remove();
}

interface Place {
  x: number;
  y: number;
  size: number;
}

/** Returns the middle and the size of digits in a cell of 1×1, from their slots and probabilities, the likeliest first. */
function spread(side: number, marks: readonly (readonly [slot: number, probability: number])[]): Place[] {
  const alone = ([slot, probability]: readonly [number, number]): Place => {
    const toward = (slot: number) => {
      const from = (slot + 0.5) / side;
      return from + (0.5 - from) * probability ** 3;
    };
    return { x: toward(slot % side), y: toward(Math.floor(slot / side)), size: SMALL + MORE * probability };
  };
  const places = marks.map(alone);
  const likeliest = places[0];
  return places.map((place) => {
    if (!likeliest) return place;
    const [right, down, size] = [place.x - likeliest.x, place.y - likeliest.y, (place.size + likeliest.size) / 2];
    const apart = Math.max(Math.abs(right) / (WIDE * size), Math.abs(down) / (HIGH * size));
    if (apart === 0 || apart >= 1) return place;
    const within = (at: number, room: number) => Math.min(Math.max(at, room), 1 - room);
    return {
      x: within(likeliest.x + right / apart, (WIDE * place.size) / 2),
      y: within(likeliest.y + down / apart, (HIGH * place.size) / 2),
      size: place.size,
    };
  });
}

function text(name: string, glyph: string): SVGElement {
  const mark = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  mark.setAttribute('data-mark', name);
  mark.textContent = glyph;
  return mark;
}
