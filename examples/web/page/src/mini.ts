/** Small pictures of boards: of puzzles to choose from, and of tries side by side. */

import type { Definition, Symbol } from './tasks/definition.js';

/** What a cell of a small picture is filled as. */
type Fill = 'given' | 'unsure' | 'sure' | 'wall' | 'way' | 'end' | `colour-${string}`;

/** The sides of cells that are not filled wholly. */
const SHAPES: Partial<Record<Fill, number>> = { way: 0.6, end: 0.9 };

function fillOf({ look, glyph }: Symbol, isGiven: boolean, isUnsure: boolean): Fill | undefined {
  if (look === 'colour') return `colour-${glyph}`;
  if (look === 'solid') return 'wall';
  if (look === 'badge') return 'end';
  if (look === 'dot') return 'way';
  if (look === 'open') return undefined;
  return isGiven ? 'given' : isUnsure ? 'unsure' : 'sure';
}

/** Draws a board into an SVG element: a path for each way to fill a cell. */
export function draw(svg: SVGElement, task: Definition, question: string, grid: string, isUnsure: (cell: number) => boolean): void {
  const { rows, columns } = task.extent(grid);
  const { columns: width } = task.shape;
  const margin = task.isColoured ? 0.06 : 0.5;
  svg.setAttribute('viewBox', `${-margin} ${-margin} ${columns + 2 * margin} ${rows + 2 * margin}`);
  const paths = new Map<Fill, string>();
  for (let cell = 0; cell < grid.length; cell++) {
    const glyph = grid[cell] ?? task.blank;
    const fill = fillOf(task.symbol(glyph), glyph === question[cell], isUnsure(cell));
    if (!fill) continue;
    const [side, gap] = [SHAPES[fill] ?? 1, task.isColoured ? 0.06 : task.isDrawn ? 0 : 0.12];
    const [x, y] = [(cell % width) + (1 - side) / 2 + gap / 2, Math.floor(cell / width) + (1 - side) / 2 + gap / 2];
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
