/** The look of the page: everything that is shown follows from the app's state. */

import type { App } from './app.js';
import { Board, describe, percent } from './board.js';
import type { Candidate } from './candidates.js';
import * as chart from './chart.js';
import { buttonOf, dom, enable, say } from './dom.js';
import { inside, NAMES } from './inside.js';
import { draw as paint, mini } from './mini.js';
import { pencil } from './pencil.js';
import { drawing, place, type Cell, type Fault } from './tasks/board.js';
import type { Told } from './tasks/definition.js';
import { tasks } from './tasks/index.js';
import type { Thinking } from './thinking.js';
import { wall } from './wall.js';
import { asked, capital, duration, opening, told } from './words.js';

export function draw(app: App, board: Board): void {
  const { thinking, editor, task, settings } = app;
  const found = thinking ? thinking.faults() : editor.isEmpty ? [] : task.clashes(editor.grid);
  // At the end faults matter, and until then they are no more than doubts.
  const heat = heatOf(app);
  const isShown = !heat && settings.candidates && !task.isDrawn && thinking?.atEnd === false;
  const open = isShown && thinking?.try === 0 ? thinking.candidates?.open(thinking.shown, thinking.question, task.blank) : undefined;
  const cells = cellsOf(app, found, new Set(open?.keys()), heat);
  const extent = task.extent(thinking?.step?.grid ?? thinking?.question ?? editor.grid);
  board.show(task, cells, editor.cursor, { extent, guide: !thinking, settled: thinking?.isSolved === true });
  examples(app);
  size(app);
  pencil(dom.pencil, task, open ?? new Map());
  brushes(app);
  enable(dom.undo, editor.canUndo);
  enable(dom.redo, editor.canRedo);
  enable(dom.clear, !editor.isEmpty);
  verdict(app, found);
  actions(app);
  dom.playback.hidden = !thinking || thinking.steps.length === 0;
  if (thinking) playback(thinking);
  const cell = cells[editor.cursor];
  const others = thinking?.try === 0 ? (thinking.candidates?.at(thinking.shown, editor.cursor) ?? []) : [];
  if (cell) say(dom.cell, `${capital(place(editor.cursor, task.shape.columns))}: ${describe(task, cell)}${alternatives(cell, others)}.`);
  inside(app);
  options(app);
  device(app);
  say(dom.alert, app.error ?? '');
  dom.alert.hidden = !app.error;
}

/** What the strip of examples shows now. */
let strip: Told | undefined;

/** Shows the examples that tell the rule of the question. */
function examples({ task, told: now }: App): void {
  dom.examples.hidden = !now;
  if (strip === now || !now) return;
  strip = now;
  const pairs = now.examples.map((pair, index) => {
    const item = document.createElement('li');
    const [from, to] = pair.map((grid) => task.about(grid));
    item.role = 'img';
    item.ariaLabel = `Example ${index + 1}: ${from} become ${to}`;
    item.append(
      ...pair.map((grid) => {
        const picture = mini();
        picture.style.setProperty('--rows', String(task.extent(grid).rows));
        picture.style.setProperty('--columns', String(task.extent(grid).columns));
        paint(picture, task, grid, grid, () => false);
        return picture;
      }),
    );
    return item;
  });
  say(dom.examplesTitle, `${now.name === '' ? 'The rule' : now.name}: examples`);
  dom.examplesList.replaceChildren(...pairs);
}

/** Shows rows and columns where they can be chosen. */
function size({ task, editor, settings }: App): void {
  dom.size.hidden = !task.isFree;
  const { rows, columns } = editor.extent;
  if (document.activeElement !== dom.rows) dom.rows.value = String(rows);
  if (document.activeElement !== dom.columns) dom.columns.value = String(columns);
  dom.board.classList.toggle('digits', settings.digits);
  dom.brushes.classList.toggle('digits', settings.digits);
  document.documentElement.dataset['palette'] = settings.safe ? 'safe' : 'usual';
}

/** Names what the network thinks of besides what it shows in a cell. */
function alternatives({ given, shown }: Cell, candidates: readonly Candidate[]): string {
  const others = given ? [] : candidates.filter(({ glyph }) => glyph !== shown.glyph);
  const told = others.map(({ glyph, probability }) => `${glyph} (${percent(probability)})`);
  return told.length > 0 ? `; or ${told.join(', ')}` : '';
}

/** Returns how far each cell's state moved, while the board is to show that. */
function heatOf({ inside: { colours }, mind, thinking }: App): ((cell: number) => Cell['heat']) | undefined {
  if (colours === 'doubt' || !mind?.has(colours) || !thinking) return undefined;
  const moved = mind.moved(colours, thinking.shown);
  const most = mind.most(colours);
  return moved && ((cell) => ({ part: (moved[cell] ?? 0) / (most || 1), said: `${NAMES[colours]} moved by ${(moved[cell] ?? 0).toFixed(1)}` }));
}

function cellsOf(app: App, faults: Fault[], pencilled: ReadonlySet<number>, heat: ReturnType<typeof heatOf>): Cell[] {
  const { thinking, editor, task } = app;
  if (!thinking?.step) return drawing(task, thinking?.question ?? editor.grid, { faults, hint: hintOf(app) });
  const { grid, confidences } = thinking.step;
  return drawing(task, thinking.question, { grid, faults, changed: thinking.changed(thinking.shown), confidences, pencilled, heat });
}

function hintOf({ hint, task }: App): (cell: number) => Cell['hint'] {
  const said = hint?.isTold ? `the model would write ${task.symbol(hint.glyph).name}` : 'the model is surest here';
  return (cell) => (cell === hint?.cell ? { mark: hint.isTold ? `${hint.glyph}?` : '', said } : undefined);
}

/** Fills a group of buttons, again only when the task changes. */
function fill(group: HTMLElement, task: string, make: () => HTMLElement[]): void {
  if (group.dataset['task'] === task) return;
  group.dataset['task'] = task;
  group.replaceChildren(...make());
}

function brushes({ task, editor, brush }: App): void {
  const { isDrawn, symbols } = task;
  const isEraser = (glyph: string) => !isDrawn && glyph === task.blank;
  fill(dom.tasks, 'all', () => tasks.map(({ name, title }) => buttonOf(title, { name })));
  for (const button of dom.tasks.querySelectorAll('button')) button.ariaPressed = String(button.dataset['name'] === task.name);
  fill(dom.puzzles, task.name, () => [
    ...Object.keys(task.examples).map((name) => buttonOf(name, { puzzles: name })),
    ...(task.gallery.length > 0 ? [buttonOf('More…', { gallery: '' })] : []),
  ]);
  dom.legend.classList.toggle('drawn', isDrawn);
  dom.legend.classList.toggle('coloured', task.isColoured);
  dom.moves.classList.toggle('drawn', isDrawn);
  fill(dom.brushes, task.name, () => {
    dom.brushes.style.setProperty('--count', String(symbols.length + (isDrawn ? 0 : 1)));
    dom.brushes.classList.toggle('many', symbols.length > 5);
    const hint = isDrawn ? [] : [buttonOf('Hint', { hint: '' })];
    const buttons = symbols.map(({ glyph, name, look }) => {
      const button = buttonOf(isEraser(glyph) ? '⌫' : look === 'colour' ? glyph : capital(name), { glyph });
      if (isEraser(glyph)) button.ariaLabel = 'Empty the cell';
      if (look === 'colour') {
        button.dataset['colour'] = glyph;
        [button.ariaLabel, button.title] = [capital(name), `${capital(name)} (${glyph})`];
      }
      return button;
    });
    return [...buttons, ...hint];
  });
  dom.brushes.ariaLabel = isDrawn ? 'Draw with' : 'Put into the cell';
  for (const button of dom.brushes.querySelectorAll<HTMLElement>('[data-glyph]')) {
    const { glyph = '' } = button.dataset;
    // Marks symbols of which the board has all.
    const most = task.count(task.symbol(glyph));
    button.classList.toggle('done', most !== undefined && editor.grid.split(glyph).length > most);
    button.ariaPressed = isDrawn ? String(glyph === brush) : null;
  }
}

function verdict(app: App, found: Fault[]): void {
  const { thinking } = app;
  progress(app);
  const { headline, good, details } = app.opening ? opening(app) : thinking ? told(app, thinking, found) : asked(app, found);
  say(dom.headline, headline);
  dom.headline.classList.toggle('good', good === true);
  dom.headline.classList.toggle('bad', good === false);
  if (dom.details.textContent !== details.join('')) {
    dom.details.replaceChildren(
      ...details.map((line) => Object.assign(document.createElement('p'), { textContent: line })),
    );
  }
  say(dom.caption, [headline, ...details.slice(0, 1)].join(headline.endsWith('?') ? ' ' : ': '));
  // Only what stays is read out.
  const isNews = !app.opening && thinking !== undefined && thinking.atEnd && !thinking.playing;
  if (isNews) say(dom.say, spoken(headline, details));
  else if (app.isThinking) say(dom.say, 'Thinking');
  else if (app.isAdvising) say(dom.say, 'Thinking');
  else if (!thinking) say(dom.say, app.hint ? spoken(headline, details) : '');
}

/** A headline and the sentences below, as they are read out. */
function spoken(headline: string, details: readonly string[]): string {
  return [headline.endsWith('?') ? headline : `${headline}.`, ...details].join(' ');
}

function progress({ opening }: App): void {
  dom.progress.hidden = !opening;
  if (typeof opening === 'object' && opening.stage === 'model') dom.progress.value = opening.loaded / opening.total;
  else dom.progress.removeAttribute('value');
}

function actions(app: App): void {
  const { thinking, isThinking } = app;
  say(dom.solve, isThinking ? 'Stop' : 'Solve');
  enable(dom.solve, app.opening === undefined);
  const isWrong = thinking !== undefined && thinking.atEnd && !thinking.playing && thinking.faults().length > 0 && app.question !== 'none';
  const { segments, tries } = app.more;
  dom.longer.hidden = !isWrong || segments <= thinking.steps.length;
  dom.variants.hidden = !isWrong || tries <= thinking.tries.length;
  say(dom.longer, `Think longer: ${segments} segments`);
  say(dom.variants, `Try ${tries} variants`);
}

function playback(thinking: Thinking): void {
  const { steps, shown, step, playing } = thinking;
  chart.show(dom.chart, thinking);
  dom.segment.max = String(Math.max(steps.length, 1));
  dom.segment.value = String(shown);
  dom.segment.ariaValueText = shown === 0 ? 'the question' : `segment ${shown} of ${steps.length}`;
  say(dom.play, playing ? 'Pause' : 'Play');
  for (const button of [dom.first, dom.back]) enable(button, shown > 0);
  for (const button of [dom.on, dom.last]) enable(button, shown < steps.length);
  const count = step ? thinking.changed(shown).length : 0;
  say(dom.readout, step ? `${shown}: ${count} changed, q ${signed(step.qHalt)}, ${duration(thinking.time(shown))}` : 'the question');
  wall(dom.tries, thinking);
}

function options({ settings, effort, files, task }: App): void {
  const { segments, tries } = effort;
  const { halt, pace, look } = settings;
  [dom.halt.value, dom.pace.value, dom.look.value] = [halt, pace, look];
  [dom.candidates.checked, dom.movesOn.checked] = [settings.candidates, settings.moves];
  [dom.digits.checked, dom.safe.checked, dom.unknown.checked] = [settings.digits, settings.safe, settings.unknown];
  document.documentElement.dataset['look'] = look;
  if (document.activeElement !== dom.segments) dom.segments.value = String(segments);
  if (document.activeElement !== dom.triesMost) dom.triesMost.value = String(tries);
  const counted = (count: number, what: string, all: string) => `${count} ${count === 1 ? what : all}`;
  const stops = halt === 'valid' && !task.rules ? 'fixed' : halt;
  say(dom.optionsNow, `${stops}, ${counted(segments, 'segment', 'segments')}, ${counted(tries, 'try', 'tries')}`);
  const own = files?.find((file) => file.name.endsWith('.safetensors'))?.name;
  say(dom.modelName, own ?? (task.model ? 'the bundled one' : 'none is bundled for this board'));
  dom.bundled.hidden = !files;
}

function device({ settings, solver }: App): void {
  dom.device.value = settings.device;
  const { name = '', reason } = solver?.device ?? {};
  say(dom.deviceName, reason ? `${capital(name)}: ${reason}.` : name && `${capital(name)}.`);
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;
}
