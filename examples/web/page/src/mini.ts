/** Small pictures of boards: of puzzles to choose from, and of tries side by side. */

import type { Definition, Look } from './tasks/definition.js';

/** What a cell of a small picture is filled as. */
type Fill = 'given' | 'unsure' | 'sure' | 'wall' | 'way' | 'end';

const SHAPES: Record<Fill, number> = { given: 1, unsure: 1, sure: 1, wall: 1, way: 0.6, end: 0.9 };

function fillOf(look: Look, isGiven: boolean, isUnsure: boolean): Fill | undefined {
  if (look === 'solid') return 'wall';
  if (look === 'badge') return 'end';
  if (look === 'dot') return 'way';
  if (look === 'open') return undefined;
  return isGiven ? 'given' : isUnsure ? 'unsure' : 'sure';
}

/** Draws a board into an SVG element: a path for each way to fill a cell. */
export function draw(svg: SVGElement, task: Definition, question: string, grid: string, isUnsure: (cell: number) => boolean): void {
  const { rows, columns } = task.shape;
  svg.setAttribute('viewBox', `-0.5 -0.5 ${columns + 1} ${rows + 1}`);
  const paths = new Map<Fill, string>();
  for (let cell = 0; cell < grid.length; cell++) {
    const glyph = grid[cell] ?? task.blank;
    const fill = fillOf(task.symbol(glyph).look, glyph === question[cell], isUnsure(cell));
    if (!fill) continue;
    const [side, gap] = [SHAPES[fill], task.isDrawn ? 0 : 0.12];
    const [x, y] = [(cell % columns) + (1 - side) / 2 + gap / 2, Math.floor(cell / columns) + (1 - side) / 2 + gap / 2];
    const edge = side - gap;
    paths.set(fill, `${paths.get(fill) ?? ''}M${x} ${y}h${edge}v${edge}h${-edge}z`);
  }
  const drawn = [...paths].map(([fill, d]) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('class', fill);
    path.setAttribute('d', d);
    return path;
  });
  svg.replaceChildren(...drawn);
}

/** Returns an empty small picture, which screen readers leave out. */
export function mini(): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'mini');
  svg.setAttribute('aria-hidden', 'true');
  return svg;
}
