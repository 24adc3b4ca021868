/** The view of the network's states: what moved, the raw values, the beats of a segment, and the path. */

import type { App } from './app.js';
import { percent } from './board.js';
import { buttonOf, dom, say } from './dom.js';
import { STATES, type Mind, type State } from './mind.js';
import { ramp } from './ramp.js';
import { place } from './tasks/board.js';
import type { Definition } from './tasks/definition.js';
import type { Thinking } from './thinking.js';

export const NAMES: Readonly<Record<State, string>> = { zH: 'z_H', zL: 'z_L' };
/** Values so many times as large as usual have the ends of the colours. */
const FAR = 3;
/** The drawing of the path, and what its marks need around it. */
const [SIDE, HALF, MARGIN] = [320, 160, 18];
/** The colours, in as many steps as a screen tells apart. */
const SHADES = Array.from({ length: 256 }, (_, step) => ramp(step / 255));

/** What the pictures show now. */
let drawn: { mind: Mind; segment: number } | undefined;

/** Shows the states of the segment that is shown, if the view is open. */
export function inside(app: App): void {
  const { thinking, mind } = app;
  if (!app.inside.isOpen) return;
  const reason = thinking ? missing(app, thinking) : 'Solve the puzzle first: then the states of every segment can be seen.';
  dom.mindViews.hidden = !mind;
  beats(app);
  if (!thinking || !mind) return say(dom.mindSaid, reason);
  const { shown, task } = thinking;
  const segment = Math.max(shown, 1);
  say(dom.mindSaid, told(mind, task, shown));
  choice(app, mind);
  const most = app.inside.colours === 'doubt' ? undefined : mind.most(app.inside.colours);
  dom.mindScale.hidden = most === undefined;
  say(dom.mindMost, most === undefined ? '' : `${most.toFixed(1)} or more`);
  // A cursor that moves changes none of these.
  if (drawn?.mind === mind && drawn.segment === segment) return;
  drawn = { mind, segment };
  for (const state of STATES) raw(state, mind, segment);
  path(mind, segment);
  beat();
}

function missing({ anatomy }: App, thinking: Thinking): string {
  if (thinking.isRunning) return 'The states can be seen once it has come to an end.';
  if (thinking.try !== 0) return 'Another try is shown; the states are written down for the first one only.';
  if (thinking.tracing) return 'Thinking once more, and writing down the states…';
  if (!anatomy) return 'The configuration of this model does not say how its states are laid out.';
  return 'There are no states of this solve: it was longer than what is kept, or the model lays them out differently.';
}

/** Says what the pictures show. */
function told(mind: Mind, task: Definition, shown: number): string {
  if (shown === 0) return 'The question is shown; below are the states after the first segment.';
  const about = STATES.filter((state) => mind.has(state)).map((state) => {
    const moved = mind.moved(state, shown);
    if (!moved) return undefined;
    const mean = moved.reduce((sum, far) => sum + far, 0) / moved.length;
    const cell = moved.indexOf(Math.max(...moved));
    return `${NAMES[state]} moved by ${mean.toFixed(1)} in the mean, most in ${place(cell, task.shape.columns)} (${(moved[cell] ?? 0).toFixed(1)})`;
  });
  if (about.includes(undefined)) return 'Segment 1 begins from the state that every puzzle begins from; movement is known from the second on.';
  const { points, share } = mind.path;
  const along = points.slice(1).map(([x, y], i) => Math.hypot(x - (points[i]?.[0] ?? 0), y - (points[i]?.[1] ?? 0)));
  const part = (along[shown - 2] ?? 0) / Math.max(along.reduce((sum, one) => sum + one, 0), 1e-9);
  return `Segment ${shown}: ${about.join('; ')}. This is ${percent(part)} of the way of z_H in its two main directions, which hold ${percent(share)} of its movement.`;
}

/** Buttons that choose what the board's colours tell. */
function choice({ inside }: App, mind: Mind): void {
  if (dom.mindColours.childElementCount === 0) {
    dom.mindColours.append(buttonOf('doubt', { colours: 'doubt' }), ...STATES.map((state) => buttonOf(`${NAMES[state]} moved`, { colours: state })));
  }
  for (const button of dom.mindColours.querySelectorAll('button')) {
    const { colours } = button.dataset;
    button.ariaPressed = String(colours === inside.colours);
    button.hidden = colours === 'zL' && !mind.has('zL');
  }
}

/** The order in which a segment updates its states, as a row of beats. */
function beats({ anatomy }: App): void {
  dom.beats.hidden = !anatomy;
  if (!anatomy) return;
  const { hCycles, lCycles } = anatomy;
  say(dom.beatsSaid, `A segment: ${hCycles} times ${lCycles} ${lCycles === 1 ? 'update' : 'updates'} of z_L (L), then one of z_H (H).`);
  const row = `${'L'.repeat(lCycles)}H`.repeat(hCycles);
  if (dom.beatsRow.textContent === row) return;
  dom.beatsRow.replaceChildren(
    ...Array.from(row, (beat, index) => {
      const mark = Object.assign(document.createElement('span'), { textContent: beat, className: beat });
      mark.style.setProperty('--order', String(index));
      return mark;
    }),
  );
}

/** Lets the beats run once, as a segment comes. */
function beat(): void {
  dom.beatsRow.classList.remove('beating');
  // Reading a size ends the animation that was running.
  void dom.beatsRow.offsetWidth;
  dom.beatsRow.classList.add('beating');
}

/** Draws all values of a state, a row a cell. */
function raw(state: State, mind: Mind, segment: number): void {
  const { canvas, figure, x, y } = dom.raw[state];
  figure.hidden = !mind.has(state);
  if (figure.hidden) return;
  const values = mind.values(state, segment);
  const [width, height] = [mind.hidden, mind.cells];
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const usual = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) || 1;
  const image = new ImageData(width, height);
  values.forEach((value, at) => {
    const step = Math.round(255 * Math.min(Math.max(0.5 + value / (2 * FAR * usual), 0), 1));
    image.data.set(SHADES[step] ?? [], 4 * at);
    image.data[4 * at + 3] = 255;
  });
  canvas.getContext('2d')?.putImageData(image, 0, 0);
  canvas.ariaLabel = `${NAMES[state]} after segment ${segment}: ${height} cells of ${width} values; usual size ${usual.toFixed(2)}`;
  say(x, `values 1 to ${width}, from −${(FAR * usual).toFixed(1)} (dark) to ${(FAR * usual).toFixed(1)} (light)`);
  say(y, `cells 1 to ${height}`);
}

function draw(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** Draws the path of z_H; both directions have one scale. */
function path({ path: { points, share }, segments }: Mind, segment: number): void {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const middle = (all: number[]) => (Math.min(...all) + Math.max(...all)) / 2;
  const spread = (all: number[]) => Math.max(...all) - Math.min(...all);
  const scale = Math.min((SIDE - 2 * MARGIN) / (spread(xs) || 1), (HALF - 2 * MARGIN) / (spread(ys) || 1));
  const at = points.map(([x, y]) => [SIDE / 2 + (x - middle(xs)) * scale, HALF / 2 - (y - middle(ys)) * scale] as const);
  const title = `The path of z_H over ${segments} segments in its two main directions, which hold ${percent(share)} of its movement`;
  const marks = at.map(([cx, cy], i) => draw('circle', { class: i + 1 === segment ? 'here' : i + 1 < segment ? 'past' : 'next', cx, cy, r: i + 1 === segment ? 6 : 3 }));
  const named = [...new Set([1, segment, segments])];
  const labels = named.map((number) => {
    const [x = 0, y = 0] = at[number - 1] ?? [];
    return draw('text', { x: x + (x > SIDE / 2 ? -9 : 9), y: y + (y > HALF / 2 ? -7 : 15), 'text-anchor': x > SIDE / 2 ? 'end' : 'start' }, String(number));
  });
  dom.path.replaceChildren(draw('title', {}, title), draw('polyline', { points: at.map((point) => point.join()).join(' ') }), ...marks, ...labels);
  say(dom.pathSaid, `${title}; numbers are segments.`);
}
