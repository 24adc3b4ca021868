/** The chart of segments: changed cells as bars, and q as a line. */

import { dom, say } from './dom.js';
import type { Thinking } from './thinking.js';

const [WIDTH, HEIGHT] = [320, 96];
/** Margin at either end for the slider's thumb. */
const EDGE = 8;

function draw(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** Draws a solve; the middle of segment `i` of `n` lines up with the slider. */
export function show(svg: SVGSVGElement, thinking: Thinking): void {
  const { steps, task, question } = thinking;
  const { rows, columns } = task.extent(question);
  const most = Math.max(1, ...steps.map((step) => Math.abs(step.qHalt)));
  const room = WIDTH - 2 * EDGE;
  const x = (segment: number) => EDGE + (segment / Math.max(steps.length, 1)) * room;
  const y = (q: number) => HEIGHT / 2 - (q / most) * (HEIGHT / 2 - 4);
  const width = Math.min(room / Math.max(steps.length, 1) - 2, 2 * EDGE);
  say(dom.chartBars, `cells changed, of ${rows * columns}`);
  say(dom.chartEnd, `segment ${steps.length}`);
  say(dom.chartLine, `q, the wish to stop, ±${most.toFixed(1)}`);
  const parts = steps.map((_, index) => {
    const height = Math.min(1, thinking.changed(index + 1).length / (rows * columns)) * HEIGHT;
    const name = index + 1 === thinking.shown ? 'bar shown' : 'bar';
    return draw('rect', { class: name, x: x(index + 1) - width / 2, y: HEIGHT - height, width, height });
  });
  parts.push(draw('line', { class: 'zero', x1: 0, x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 }));
  const points = steps.map((step, index) => `${x(index + 1)},${y(step.qHalt)}`).join(' ');
  parts.push(draw('polyline', { class: 'q', points }));
  parts.push(draw('line', { class: 'at', x1: x(thinking.shown), x2: x(thinking.shown), y1: 0, y2: HEIGHT }));
  const title = draw('title', {});
  const told = steps.map((step, i) => `${i + 1}: ${thinking.changed(i + 1).length} cells changed, q ${step.qHalt.toFixed(1)}`);
  title.textContent = `By segment: ${told.join('; ') || 'nothing yet'}`;
  svg.replaceChildren(title, ...parts);
}

/** Returns the segment under a pointer. */
export function segmentAt(svg: SVGSVGElement, clientX: number, segments: number): number {
  const { left, width } = svg.getBoundingClientRect();
  const at = ((clientX - left) / width) * WIDTH - EDGE;
  return Math.round((at / (WIDTH - 2 * EDGE)) * segments);
}
