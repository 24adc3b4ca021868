/** Pictures of a solve to keep: the board of a segment, all segments as a strip, and an animation, in the look of the page. */

import { gif, quantise } from './gif.js';
import { drawing, type Cell } from './tasks/board.js';
import type { Thinking } from './thinking.js';

const TOKENS = ['page', 'cell', 'given-cell', 'unsure', 'fault-cell', 'ink', 'muted', 'given', 'model', 'changed', 'fault', 'thin', 'thick', 'wall', 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'] as const;
type Token = (typeof TOKENS)[number];
type Rgb = [number, number, number];
type Colours = Record<Token, Rgb>;

/** Sizes in pixels: a board of its own, of a strip, of an animation, and the text under it. */
const SIZES = { board: 900, strip: 300, film: 396 };
const [GAP, LINE] = [16, 20];
/** What the marks mean: ground and edge of a sample, as in the legend of the page. */
const LEGEND: readonly (readonly [name: string, ground: Token, edge: Token])[] = [
  ['given', 'given-cell', 'thick'],
  ["the network's", 'model', 'model'],
  ['unsure', 'unsure', 'thick'],
  ['just changed', 'cell', 'changed'],
  ['breaks a rule', 'fault-cell', 'fault'],
];
/** Most segments of a strip, and of an animation. */
const [MOST_STRIP, MOST_FILM] = [24, 64];
/** How many boards a row of a strip may have, the best first. */
const WIDTHS = [4, 5, 6, 3];
/** As the command times its animations, in milliseconds: all of it, a frame at least and at most, the last one. */
const [ALL, LEAST, MOST, LAST] = [10_000, 80, 700, 3000];

/** Returns the colours that the page has now. */
function colours(): Colours {
  const probe = document.body.appendChild(document.createElement('i'));
  const entries = TOKENS.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color.match(/[\d.]+/g)?.slice(0, 3).map(Number)];
  });
  probe.remove();
  return Object.fromEntries(entries);
}

const css = (rgb: Rgb) => `rgb(${rgb.join(' ')})`;
const mixed = (a: Rgb, b: Rgb, part: number): string => css(a.map((one, i) => Math.round(one + ((b[i] ?? 0) - one) * part)) as Rgb);

/** Black or white, whichever is seen better on a colour. */
const inkOn = ([r, g, b]: Rgb): Rgb => (3 * r + 6 * g + b > 1100 ? [0, 0, 0] : [255, 255, 255]);

function canvasOf(width: number, height: number): { canvas: HTMLCanvasElement; ink: CanvasRenderingContext2D } {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const ink = canvas.getContext('2d', { willReadFrequently: true });
  if (!ink) throw new Error('the browser has no memory for a picture');
  return { canvas, ink };
}

/** Draws the board of a segment, 0 for the question, with a line of text under it. */
function board(ink: CanvasRenderingContext2D, thinking: Thinking, segment: number, x: number, y: number, side: number, look: Colours): void {
  const { task, question, steps } = thinking;
  const step = steps[segment - 1];
  const isLast = segment === steps.length;
  const faults = step && isLast ? (task.rules?.faults(question, step.grid) ?? []) : [];
  const changed = isLast && thinking.isValid(thinking.try) ? [] : thinking.changed(segment);
  const cells = drawing(task, question, step ? { grid: step.grid, faults, changed, confidences: step.confidences } : {});
  const { rows, columns } = task.extent(step?.grid ?? question);
  const { columns: width } = task.shape;
  const height = heightOf(thinking, side);
  const edge = Math.min(side / columns, height / rows);
  const at = (cell: number) => [x + (cell % width) * edge, y + Math.floor(cell / width) * edge] as const;
  cells.forEach((cell, number) => {
    if (number % width < columns && number < rows * width) paint(ink, cell, ...at(number), edge, task.isDrawn, look);
  });
  const { ruling } = task;
  for (let line = 0; line <= Math.max(rows, columns); line++) {
    const isThick = (of: number, every: number) => line === 0 || line === of || (every > 0 && line % every === 0);
    const draw = (of: number, every: number, from: [number, number], to: [number, number]) => {
      if (line > of || (ruling === 'frame' && line > 0 && line < of)) return;
      ink.strokeStyle = css(isThick(of, every) ? look.thick : look.thin);
      ink.lineWidth = isThick(of, every) ? 2 : 1;
      ink.beginPath();
      ink.moveTo(...from);
      ink.lineTo(...to);
      ink.stroke();
    };
    const [rowsEvery, columnsEvery] = ruling === 'frame' ? [0, 0] : [ruling.rows, ruling.columns];
    const [across, down] = [x + line * edge, y + line * edge].map(Math.round) as [number, number];
    draw(columns, columnsEvery, [across, y], [across, y + rows * edge]);
    draw(rows, rowsEvery, [x, down], [x + columns * edge, down]);
  }
  const lead = segment === 0 ? 'The question' : `${segment} of ${steps.length}`;
  const end = isLast && thinking.isJudged ? (faults.length > 0 ? 'not solved' : 'solved') : `${thinking.unsure(segment)} unsure, ${thinking.changed(segment).length} changed`;
  write(ink, segment === 0 ? lead : `${lead}: ${end}`, x, y + height + LINE, side, look);
}

function write(ink: CanvasRenderingContext2D, text: string, x: number, y: number, width: number, look: Colours): void {
  ink.fillStyle = css(look.ink);
  ink.font = '14px system-ui, sans-serif';
  ink.textAlign = 'left';
  ink.textBaseline = 'alphabetic';
  ink.fillText(text, x, y, width);
}

function paint(ink: CanvasRenderingContext2D, cell: Cell, x: number, y: number, edge: number, isDrawn: boolean, look: Colours): void {
  const { shown, given, fault, confidence = 1 } = cell;
  const isText = given && !isDrawn;
  const tint = shown.look === 'colour' ? look[`c${shown.glyph}` as keyof Colours] : undefined;
  ink.fillStyle = tint ? css(tint) : fault ? css(look['fault-cell']) : shown.look === 'solid' ? css(look.wall) : isText ? css(look['given-cell']) : mixed(look.cell, look.unsure, 1 - confidence);
  ink.fillRect(x, y, edge + 0.5, edge + 0.5);
  if (cell.changed) {
    ink.strokeStyle = css(tint ? inkOn(tint) : look.changed);
    ink.lineWidth = Math.max(1.5, edge * 0.06);
    ink.strokeRect(x + edge * 0.1, y + edge * 0.1, edge * 0.8, edge * 0.8);
  }
  ink.fillStyle = css(fault ? look.fault : given ? look.given : look.model);
  ink.textAlign = 'center';
  ink.textBaseline = 'middle';
  const put = (text: string, size: number, weight: number, dx: number, dy: number) => {
    ink.font = `${weight} ${size * edge}px system-ui, sans-serif`;
    ink.fillText(text, x + dx * edge, y + dy * edge);
  };
  if (shown.look === 'text' || shown.look === 'badge') put(shown.glyph, 0.6, isText || shown.look === 'badge' ? 600 : 400, 0.5, 0.54);
  if (fault) put('!', 0.27, 800, 0.82, 0.22);
  if (shown.look !== 'dot') return;
  ink.beginPath();
  ink.arc(x + edge / 2, y + edge / 2, edge * 0.2, 0, 2 * Math.PI);
  ink.fill();
}

/** Returns the height of the legend below a board: two lines below a narrow one, none where colours are the answer. */
const legendOf = ({ task: { isColoured } }: Thinking, side: number) => (isColoured ? 0 : side < 500 ? 2 * LINE : LINE);

/** Draws samples of the marks with their names, in as many lines as they need. */
function legend(ink: CanvasRenderingContext2D, isDrawn: boolean, x: number, y: number, width: number, look: Colours): void {
  const [side, apart] = [12, 14];
  ink.font = '13px system-ui, sans-serif';
  ink.textAlign = 'left';
  ink.textBaseline = 'alphabetic';
  ink.lineWidth = 2;
  let [left, top] = [x, y];
  for (const [name, ground, edge] of LEGEND.slice(isDrawn ? 1 : 0)) {
    const wide = side + 6 + ink.measureText(name).width;
    if (left + wide > x + width) [left, top] = [x, top + LINE];
    ink.fillStyle = css(look[ground]);
    ink.fillRect(left, top, side, side);
    ink.strokeStyle = css(look[edge]);
    ink.strokeRect(left + 1, top + 1, side - 2, side - 2);
    ink.fillStyle = css(look.muted);
    ink.fillText(name, left + side + 6, top + side - 1);
    left += wide + apart;
  }
}

function png(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the browser made no picture'))), 'image/png'));
}

/** Returns so many numbers from 0 to `last` at most, both ends among them. */
function some(last: number, most: number): number[] {
  const count = Math.min(last + 1, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * last) / Math.max(count - 1, 1)));
}

const heightOf = ({ task: { shape } }: Thinking, side: number) => Math.round((side * shape.rows) / shape.columns);

/** Draws segments beside and below each other; a board of its own has a legend. */
function sheet(thinking: Thinking, segments: readonly number[], side: number, columns: number): { canvas: HTMLCanvasElement; ink: CanvasRenderingContext2D } {
  const look = colours();
  const [wide, high] = [side + GAP, heightOf(thinking, side) + LINE + GAP];
  const lines = Math.ceil(segments.length / columns);
  const told = columns === 1 ? legendOf(thinking, side) : 0;
  const drawn = canvasOf(GAP + wide * Math.min(columns, segments.length), GAP + high * lines + told);
  drawn.ink.fillStyle = css(look.page);
  drawn.ink.fillRect(0, 0, drawn.canvas.width, drawn.canvas.height);
  segments.forEach((segment, index) => board(drawn.ink, thinking, segment, GAP + wide * (index % columns), GAP + high * Math.floor(index / columns), side, look));
  if (told > 0) legend(drawn.ink, thinking.task.isDrawn, GAP, high * lines + GAP - 4, side, look);
  return drawn;
}

/** Draws the segment that is shown. */
export function still(thinking: Thinking): Promise<Blob> {
  return png(sheet(thinking, [thinking.shown], SIZES.board, 1).canvas);
}

/** Draws the question and the segments side by side, in rows that leave as little empty as can be. */
export function strip(thinking: Thinking): Promise<Blob> {
  const segments = some(thinking.steps.length, MOST_STRIP);
  const empty = (columns: number) => (columns - (segments.length % columns)) % columns;
  const columns = WIDTHS.reduce((best, one) => (empty(one) < empty(best) ? one : best));
  return png(sheet(thinking, segments, SIZES.strip, columns).canvas);
}

/** Draws the question and the segments one after the other. */
export function animation(thinking: Thinking): Blob {
  const segments = some(thinking.steps.length, MOST_FILM);
  const sheets = segments.map((segment) => sheet(thinking, [segment], SIZES.film, 1));
  const [{ canvas: { width, height } } = canvasOf(1, 1)] = sheets;
  const { palette, pixels } = quantise(sheets.map(({ ink }) => ink.getImageData(0, 0, width, height).data));
  const pace = Math.min(Math.max(ALL / segments.length, LEAST), MOST);
  return gif(width, height, palette, pixels.map((pixels, index) => ({ pixels, ms: index === segments.length - 1 ? LAST : pace })));
}

/** Tells the try that is shown as data, in the words of `hrm solve --json --trace`. */
export function data(thinking: Thinking): Blob {
  const { task, question, steps } = thinking;
  // Another try than the shown one may have given the answer.
  const answer = thinking.try === thinking.winner ? thinking.answer : undefined;
  const { qHalt, ...rest } = answer ?? { qHalt: undefined };
  const trace = steps.map((step, index) => ({
    segment: index + 1,
    grid: task.text(step.grid),
    changed: thinking.changed(index + 1),
    valid: thinking.isJudged ? task.rules?.faults(question, step.grid).length === 0 : null,
    q_halt: step.qHalt,
    q_continue: step.qContinue,
    confidence: Array.from(step.confidences ?? []),
  }));
  const told = { task: task.name, puzzle: task.text(question), ...(thinking.told?.name ? { name: thinking.told.name } : {}), ...(qHalt === undefined ? {} : { ...rest, q_halt: qHalt }), trace };
  return new Blob([`${JSON.stringify(told, null, 1)}\n`], { type: 'application/json' });
}
