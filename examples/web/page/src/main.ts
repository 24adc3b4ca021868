/** Connects the parts of the page. */

import { App } from './app.js';
import { Board } from './board.js';
import * as chart from './chart.js';
import { dom, say } from './dom.js';
import * as keys from './keys.js';
import { DEVICES, HALTS, MOST_SEGMENTS, MOST_TRIES } from './settings.js';
import { find, tasks } from './tasks/index.js';
import { draw } from './view.js';

const app = new App(() => draw(app, board));
const board = new Board(dom.board, touch);

/** On drawn boards a stroke is a single edit, and pressing on the same symbol again removes it. */
let stroke = '';
function touch(cell: number, how: 'choose' | 'press' | 'draw'): void {
  if (how === 'choose' && app.editor.cursor !== cell) app.edit((editor) => void (editor.cursor = cell));
  if (how === 'choose' || !app.task.isDrawn) return;
  if (how === 'press') stroke = app.editor.grid[cell] === app.brush ? app.task.blank : app.brush;
  app.edit((editor) => editor.put(cell, stroke, how === 'draw'));
}

function on(element: EventTarget, type: string, act: () => void): void {
  element.addEventListener(type, act);
}

// The question
dom.tasks.addEventListener('click', ({ target }) => {
  const task = target instanceof HTMLElement ? find(target.dataset['name']) : undefined;
  if (task) void app.show(task);
});
dom.puzzles.addEventListener('click', ({ target }) => {
  const name = target instanceof HTMLElement ? target.dataset['puzzles'] : undefined;
  const others = (app.task.examples[name ?? ''] ?? []).filter((puzzle) => puzzle !== app.editor.grid);
  const puzzle = others[Math.floor(Math.random() * others.length)];
  if (puzzle) app.edit((editor) => editor.replace(puzzle));
});
dom.brushes.addEventListener('click', ({ target }) => {
  const glyph = target instanceof HTMLElement ? target.dataset['glyph'] : undefined;
  if (glyph === undefined) return;
  if (!app.task.isDrawn) return app.edit((editor) => editor.put(editor.cursor, glyph));
  app.brush = glyph;
  draw(app, board);
});
on(dom.undo, 'click', () => app.edit((editor) => editor.undo()));
on(dom.redo, 'click', () => app.edit((editor) => editor.redo()));
on(dom.clear, 'click', () => app.edit((editor) => editor.clear()));
on(window, 'hashchange', () => void app.takeFragment());

// Text, in and out
say(dom.textForms, tasks.map(({ forms }) => forms).join(' '));
on(dom.text, 'click', () => {
  dom.textArea.value = '';
  say(dom.textError, '');
  dom.textDialog.showModal();
});
on(dom.textCancel, 'click', () => dom.textDialog.close());
dom.textDialog.addEventListener('submit', (event) => {
  event.preventDefault();
  void app.take(dom.textArea.value).then((wrong) => {
    say(dom.textError, wrong ?? '');
    if (!wrong) dom.textDialog.close();
  });
});
document.addEventListener('paste', (event) => {
  if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return;
  const text = event.clipboardData?.getData('text/plain');
  if (!text) return;
  event.preventDefault();
  void app.take(text).then((wrong) => app.complain(wrong));
});
document.addEventListener('copy', (event) => {
  if (!board.hasFocus || !getSelection()?.isCollapsed) return;
  event.clipboardData?.setData('text/plain', shownGrid());
  event.preventDefault();
});
on(dom.copy, 'click', () => void copy(dom.copy, shownGrid()));
on(dom.link, 'click', () => {
  const link = new URL(location.href);
  link.hash = app.task.link(app.editor.grid);
  void copy(dom.link, link.href);
});

function shownGrid(): string {
  return app.task.text(app.thinking?.step?.grid ?? app.editor.grid);
}

async function copy(button: HTMLButtonElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(dom.say, 'Copied');
    const before = button.textContent;
    button.textContent = 'Copied';
    button.disabled = true;
    setTimeout(() => Object.assign(button, { textContent: before, disabled: false }), 1200);
  } catch {
    app.complain(`The browser does not let this page copy. Here it is: ${text}`);
  }
}

// The thinking
on(dom.solve, 'click', () => (app.isThinking ? app.stop() : void app.solve()));
on(dom.longer, 'click', () => void app.solve({ segments: app.more.segments }));
on(dom.variants, 'click', () => void app.solve({ tries: app.more.tries }));
on(dom.segment, 'input', () => app.playback((thinking) => thinking.seek(dom.segment.valueAsNumber)));
on(dom.first, 'click', () => app.playback((thinking) => thinking.seek(0)));
on(dom.back, 'click', () => app.playback((thinking) => thinking.seek(thinking.shown - 1)));
on(dom.play, 'click', () => app.playback((thinking) => thinking.toggle()));
on(dom.on, 'click', () => app.playback((thinking) => thinking.seek(thinking.shown + 1)));
on(dom.last, 'click', () => app.playback((thinking) => thinking.seek(Infinity)));
dom.chart.addEventListener('click', ({ clientX }) =>
  app.playback((thinking) => thinking.seek(chart.segmentAt(dom.chart, clientX, thinking.steps.length))),
);
dom.tries.addEventListener('click', ({ target }) => {
  const number = target instanceof Element ? [...dom.tries.children].indexOf(target) : -1;
  if (number >= 0) app.playback((thinking) => thinking.choose(number));
});

// How it thinks, with what, and where
on(dom.halt, 'change', () => {
  const halt = HALTS.find((halt) => halt === dom.halt.value);
  if (halt) app.choose((settings) => (settings.halt = halt));
});
on(dom.segments, 'change', () => {
  const segments = Math.min(Math.max(Math.round(dom.segments.valueAsNumber), 1), MOST_SEGMENTS) || undefined;
  app.choose((settings) => (settings.segments = segments));
});
on(dom.triesMost, 'change', () => {
  const tries = Math.min(Math.max(Math.round(dom.triesMost.valueAsNumber), 1), MOST_TRIES) || 1;
  app.choose((settings) => (settings.tries = tries));
});
on(dom.device, 'change', () => {
  const device = DEVICES.find((device) => device === dom.device.value);
  if (device) app.choose((settings) => (settings.device = device));
  void app.open();
});
on(dom.files, 'change', () => {
  if (!dom.files.files?.length) return;
  app.files = [...dom.files.files];
  dom.files.value = '';
  void app.open();
});
on(dom.bundled, 'click', () => {
  app.files = undefined;
  void app.open();
});

// Keys
for (const [key, does] of keys.LIST) {
  const [term, text] = [document.createElement('dt'), document.createElement('dd')];
  [term.textContent, text.textContent] = [key, does];
  dom.keys.append(term, text);
}
on(dom.help, 'click', () => dom.helpDialog.showModal());
dom.board.addEventListener('keydown', (event) => {
  if (!keys.onBoard(app, event)) return;
  event.preventDefault();
  board.focus();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'F1') dom.helpDialog.showModal();
  else if (!keys.anywhere(app, event)) return;
  event.preventDefault();
});

draw(app, board);
void app.open().then(() => app.takeFragment()).then(keepOffline);

/** Keeps the page for visits without a connection, after the first load, which it would otherwise slow down. */
async function keepOffline(): Promise<void> {
  if (!('serviceWorker' in navigator) || !isSecureContext) return;
  const { serviceWorker } = navigator;
  // Updating in another tab updates this one, too; the puzzle is kept in the address.
  if (serviceWorker.controller) on(serviceWorker, 'controllerchange', () => location.reload());
  try {
    const registration = await serviceWorker.register('service-worker.js');
    const offer = () => (dom.update.hidden = !registration.waiting || !serviceWorker.controller);
    on(registration, 'updatefound', () => registration.installing?.addEventListener('statechange', offer));
    on(dom.update, 'click', () => registration.waiting?.postMessage('take over'));
    offer();
    await serviceWorker.ready;
    say(dom.offline, 'Works without a connection.');
  } catch {
    // If this fails, the page is not kept.
  }
}
