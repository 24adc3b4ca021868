/** The look of the page: everything that is shown follows from the app's state. */

import type { App } from './app.js';
import { Board, describe } from './board.js';
import * as chart from './chart.js';
import { dom, say } from './dom.js';
import { drawing, place, type Cell, type Fault } from './tasks/board.js';
import { tasks } from './tasks/index.js';
import type { Thinking } from './thinking.js';

/** Most faults told as sentences; further ones are only marked. */
const MOST_FAULTS = 3;

export function draw(app: App, board: Board): void {
  const { thinking, editor, task } = app;
  const found = thinking ? thinking.faults() : editor.isEmpty ? [] : task.clashes(editor.grid);
  const cells = cellsOf(app, found);
  board.show(task, cells, editor.cursor, !thinking);
  brushes(app);
  dom.undo.disabled = !editor.canUndo;
  dom.redo.disabled = !editor.canRedo;
  dom.clear.disabled = editor.isEmpty;
  verdict(app, found);
  actions(app);
  dom.playback.hidden = !thinking || thinking.steps.length === 0;
  if (thinking) playback(thinking);
  const cell = cells[editor.cursor];
  if (cell) say(dom.cell, `${capital(place(editor.cursor, task.shape.columns))}: ${describe(task, cell)}.`);
  options(app);
  device(app);
  say(dom.alert, app.error ?? '');
  dom.alert.hidden = !app.error;
}

function cellsOf({ thinking, editor, task }: App, faults: Fault[]): Cell[] {
  if (!thinking?.step) return drawing(task, thinking?.question ?? editor.grid, { faults });
  const { grid, confidences } = thinking.step;
  return drawing(task, thinking.question, { grid, faults, changed: thinking.changed(thinking.shown), confidences });
}

/** Fills a group of buttons, again only when the task changes. */
function fill(group: HTMLElement, task: string, make: () => HTMLElement[]): void {
  if (group.dataset['task'] === task) return;
  group.dataset['task'] = task;
  group.replaceChildren(...make());
}

function buttonOf(text: string, data: Record<string, string>): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  Object.assign(button.dataset, data);
  return button;
}

function brushes({ task, editor, brush }: App): void {
  const { isDrawn, symbols } = task;
  const isEraser = (glyph: string) => !isDrawn && glyph === task.blank;
  fill(dom.tasks, 'all', () => tasks.map(({ name, title }) => buttonOf(title, { name })));
  for (const button of dom.tasks.querySelectorAll('button')) button.ariaPressed = String(button.dataset['name'] === task.name);
  fill(dom.puzzles, task.name, () => Object.keys(task.examples).map((name) => buttonOf(name, { puzzles: name })));
  fill(dom.brushes, task.name, () => {
    dom.brushes.style.setProperty('--count', String(symbols.length));
    dom.brushes.classList.toggle('many', symbols.length > 5);
    return symbols.map(({ glyph, name }) => {
      const button = buttonOf(isEraser(glyph) ? '⌫' : capital(name), { glyph });
      if (isEraser(glyph)) button.ariaLabel = 'Empty the cell';
      return button;
    });
  });
  dom.brushes.ariaLabel = isDrawn ? 'Draw with' : 'Put into the cell';
  for (const button of dom.brushes.querySelectorAll('button')) {
    const { glyph = '' } = button.dataset;
    // Marks symbols of which the board has all.
    const most = task.count(task.symbol(glyph));
    button.classList.toggle('done', most !== undefined && editor.grid.split(glyph).length > most);
    button.ariaPressed = isDrawn ? String(glyph === brush) : null;
  }
}

function verdict(app: App, found: Fault[]): void {
  const { headline, good, details } = app.opening ? opening(app) : app.thinking ? told(app.thinking, found) : asked(app, found);
  say(dom.headline, headline);
  dom.headline.classList.toggle('good', good === true);
  dom.headline.classList.toggle('bad', good === false);
  if (dom.details.textContent !== details.join('')) {
    dom.details.replaceChildren(
      ...details.map((line) => Object.assign(document.createElement('p'), { textContent: line })),
    );
  }
  // Only what stays is read out.
  const { thinking } = app;
  const isNews = !app.opening && thinking !== undefined && thinking.atEnd && !thinking.playing;
  if (isNews) say(dom.say, [headline, ...details].join('. '));
  else if (app.isThinking) say(dom.say, 'Thinking');
}

interface Told {
  headline: string;
  good?: boolean;
  details: string[];
}

function opening({ opening }: App): Told {
  const isModel = typeof opening === 'object' && opening.stage === 'model';
  dom.progress.hidden = false;
  if (isModel) dom.progress.value = opening.loaded / opening.total;
  else dom.progress.removeAttribute('value');
  const size = isModel ? [`${(opening.loaded / 1e6).toFixed(1)} of ${(opening.total / 1e6).toFixed(1)} MB`] : [];
  return { headline: 'Opening the model…', details: size };
}

function asked({ editor, solver, task }: App, found: Fault[]): Told {
  dom.progress.hidden = true;
  if (found.length > 0) return { headline: task.refused, good: false, details: sentences(found) };
  if (!solver) return { headline: 'No model', details: [] };
  const network = `${(solver.model.parameters / 1e6).toFixed(2)} million parameters, up to ${solver.model.segments} segments`;
  return { headline: editor.isEmpty ? 'An empty board' : task.about(editor.grid), details: [`A network of ${network}.`] };
}

function told(thinking: Thinking, found: Fault[]): Told {
  dom.progress.hidden = true;
  const { answer, shown, progress } = thinking;
  const { length } = thinking.steps;
  if (!thinking.atEnd || thinking.playing) {
    if (length === 0) return { headline: 'Thinking…', details: [] };
    if (shown === 0) return { headline: 'The question', details: [] };
    return { headline: `Segment ${shown}${thinking.isRunning ? '' : ` of ${length}`}`, details: [] };
  }
  const good = thinking.isJudged ? thinking.step !== undefined && found.length === 0 : undefined;
  const ended = thinking.isJudged ? 'Not solved' : 'Answered';
  const headline = { running: '', ended, stopped: 'Stopped, not solved', failed: 'It could not go on' };
  const isIt = answer && thinking.try === thinking.winner;
  const why = {
    valid: 'then the rules were kept',
    learned: 'then the network said that it was done',
    stable: 'then the network said that it was done and its answer stayed',
    still: 'then nothing changed any more',
    limit: 'the most it was given',
  };
  const reason = isIt ? why[answer.stopped] : progress === 'stopped' ? 'then it was stopped' : 'another try gave the answer';
  const time = isIt ? ` ${answer.ms.toFixed(0)} ms.` : '';
  const optimum = thinking.task.rules?.optimum;
  const worse = isIt && optimum && answer[optimum.key] === false ? [optimum.said] : [];
  const count = length === 1 ? '1 segment' : `${length} segments`;
  return {
    headline: good ? 'Solved' : headline[progress],
    ...(good === undefined ? {} : { good }),
    details: [`${count}, ${reason}.${time}`, ...worse, ...sentences(found)],
  };
}

function sentences(found: Fault[]): string[] {
  const told = found.slice(0, MOST_FAULTS).map((fault) => `${capital(fault.message)}.`);
  if (found.length > MOST_FAULTS) told.push(`And ${found.length - MOST_FAULTS} more faults.`);
  return told;
}

function actions(app: App): void {
  const { thinking, isThinking } = app;
  say(dom.solve, isThinking ? 'Stop' : 'Solve');
  dom.solve.disabled = app.opening !== undefined;
  const isWrong = thinking !== undefined && thinking.atEnd && !thinking.playing && thinking.faults().length > 0;
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
  dom.first.disabled = dom.back.disabled = shown === 0;
  dom.on.disabled = dom.last.disabled = shown >= steps.length;
  const count = step ? thinking.changed(shown).length : 0;
  say(dom.readout, step ? `${shown}: ${count} changed, q ${signed(step.qHalt)}, ${thinking.time(shown).toFixed(0)} ms` : 'the question');
  tries(thinking);
}

function tries(thinking: Thinking): void {
  dom.tries.hidden = thinking.tries.length < 2;
  while (dom.tries.childElementCount > thinking.tries.length) dom.tries.lastElementChild?.remove();
  for (let number = 0; number < thinking.tries.length; number++) {
    let button = dom.tries.children[number];
    if (!(button instanceof HTMLButtonElement)) {
      button = dom.tries.appendChild(Object.assign(document.createElement('button'), { type: 'button' }));
      button.textContent = String(number + 1);
    }
    const isValid = thinking.isValid(number);
    button.classList.toggle('good', isValid);
    button.ariaPressed = String(thinking.try === number);
    button.ariaLabel = `Try ${number + 1}: ${isValid ? 'valid' : 'not valid'}${thinking.winner === number ? ', gives the answer' : ''}`;
  }
}

function options({ settings, solver, files }: App): void {
  const segments = settings.segments ?? solver?.model.segments ?? 16;
  dom.halt.value = settings.halt;
  if (document.activeElement !== dom.segments) dom.segments.value = String(segments);
  if (document.activeElement !== dom.triesMost) dom.triesMost.value = String(settings.tries);
  say(dom.optionsNow, `${settings.halt}, ${segments} segments, ${settings.tries === 1 ? '1 try' : `${settings.tries} tries`}`);
  const own = files?.find((file) => file.name.endsWith('.safetensors'))?.name;
  say(dom.modelName, own ?? 'the bundled one');
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

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
