/** Connects the parts of the page. */

import { App } from './app.js';
import { Board } from './board.js';
import * as chart from './chart.js';
import { dom, say } from './dom.js';
import * as gallery from './gallery.js';
import * as keys from './keys.js';
import { pick } from './random.js';
import { DEVICES, HALTS, LOOKS, MOST_SEGMENTS, MOST_TRIES, paceOf } from './settings.js';
import { STATES } from './mind.js';
import { Race } from './race.js';
import * as saves from './save.js';
import { find, tasks } from './tasks/index.js';
import * as view from './view.js';
import { sentence } from './words.js';

const race = new Race();
const app = new App(draw, JSON.parse(dom.mind.dataset['configs'] ?? '{}'));
const board = new Board(dom.board, touch);

function draw(): void {
  view.draw(app, board);
  race.show(app);
}

/** On drawn boards a stroke is a single edit, and pressing on the same symbol again removes it. */
const stroke = { glyph: '', before: '' };
function touch(cells: readonly number[], how: 'choose' | 'press' | 'draw' | 'cancel'): void {
  const { editor, task, thinking } = app;
  // The cells of an answer of another shape are not the question's: a press shows that first.
  const [now, then] = [task.extent(thinking?.step?.grid ?? editor.grid), editor.extent];
  if (now.rows !== then.rows || now.columns !== then.columns) {
    if (how === 'press') app.playback((thinking) => thinking.seek(0));
    return;
  }
  const [cell = editor.cursor] = cells.slice(-1);
  if (how === 'choose' && editor.cursor !== cell) app.edit((editor) => void (editor.cursor = cell));
  if (how === 'choose' || !task.isDrawn) return;
  if (how === 'cancel') return editor.grid === stroke.before ? undefined : app.edit((editor) => editor.undo());
  if (how === 'press') {
    stroke.glyph = editor.grid[cell] === app.brush ? task.blank : app.brush;
    stroke.before = editor.grid;
  }
  app.edit((editor) => {
    editor.cursor = cell;
    for (const cell of cells) editor.put(cell, stroke.glyph, editor.grid !== stroke.before);
  });
  board.focus();
}

function on(element: EventTarget, type: string, act: () => void): void {
  element.addEventListener(type, act);
}

// What is of no use just now keeps the focus, and does nothing.
document.addEventListener(
  'click',
  (event) => {
    const button = event.target instanceof Element ? event.target.closest('[aria-disabled=true]') : null;
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  board.focus();
});

// The question
dom.tasks.addEventListener('click', ({ target }) => {
  const task = target instanceof HTMLElement ? find(target.dataset['name']) : undefined;
  if (task) void app.show(task);
});
dom.puzzles.addEventListener('click', ({ target }) => {
  const name = target instanceof HTMLElement ? target.dataset['puzzles'] : undefined;
  const { task } = app;
  const puzzle = pick(task.examples[name ?? ''] ?? [], Math.random);
  if (puzzle) app.pose(task.vary(task.unlink(puzzle) ?? puzzle, Math.random), task.told(puzzle));
  if (!(target instanceof HTMLElement) || target.dataset['gallery'] === undefined) return;
  gallery.show(app.task, (recipe) => app.make(app.task, recipe), (grid) => {
    app.edit((editor) => editor.replace(grid));
    dom.galleryDialog.close();
    board.focus();
  });
  dom.galleryDialog.showModal();
});
dom.brushes.addEventListener('click', ({ target }) => {
  const { glyph, hint } = target instanceof HTMLElement ? target.dataset : {};
  if (hint !== undefined) void app.advise();
  if (glyph === undefined) return;
  if (!app.task.isDrawn) return app.edit((editor) => editor.put(editor.cursor, glyph));
  app.brush = glyph;
  draw();
});
dom.moves.addEventListener('click', ({ target }) => {
  const { columns } = app.editor.extent;
  const move = target instanceof HTMLElement ? target.dataset['move'] : undefined;
  const step = { left: -1, right: 1, up: -columns, down: columns }[move ?? ''];
  if (step !== undefined) app.edit((editor) => editor.move(step));
  else if (move === 'put') touch([app.editor.cursor], 'press');
  if (target instanceof HTMLElement) target.focus();
});
for (const side of [dom.rows, dom.columns]) {
  on(side, 'change', () => {
    const [rows = 1, columns = 1] = [dom.rows, dom.columns].map((side) => Math.min(Math.max(Math.round(side.valueAsNumber) || 1, 1), app.task.shape.rows));
    app.edit((editor) => editor.replace(app.task.resized(editor.grid, { rows, columns })));
  });
}
on(dom.undo, 'click', () => app.edit((editor) => editor.undo()));
on(dom.redo, 'click', () => app.edit((editor) => editor.redo()));
on(dom.clear, 'click', () => app.edit((editor) => editor.clear()));
on(window, 'hashchange', () => void app.takeFragment());

// Text, in and out
say(dom.textForms, tasks.map(({ forms }) => forms).join(' '));
on(dom.text, 'click', () => {
  dom.textArea.value = '';
  say(dom.textError, '');
  dom.listOpen.hidden = !app.list;
  if (app.list) say(dom.listOpen, `Back to the list: ${app.list.title}`);
  dom.textDialog.showModal();
});
on(dom.listOpen, 'click', () => {
  dom.textDialog.close();
  openList();
});
on(dom.textCancel, 'click', () => dom.textDialog.close());
dom.textDialog.addEventListener('submit', (event) => {
  event.preventDefault();
  void take(dom.textArea.value).then((wrong) => {
    say(dom.textError, wrong ?? '');
    if (!wrong) dom.textDialog.close();
  });
});
/** Takes a text: its first puzzle, and a list if there are more. */
async function take(text: string): Promise<string | undefined> {
  const before = app.list;
  const wrong = await app.take(text);
  if (app.list !== before) openList();
  return wrong;
}

/** Takes a file as the text that it holds. The core has the name of a task from the object around it. */
async function takeFile(file: File): Promise<string | undefined> {
  const text = await file.text();
  const isTask = /\.json$/i.test(file.name) && /^\s*\{\s*"(train|test)"/.test(text);
  return take(isTask ? `{${JSON.stringify(file.name.replace(/\.json$/i, ''))}: ${text}}` : text);
}
on(dom.textFile, 'change', () => {
  const [file] = dom.textFile.files ?? [];
  dom.textFile.value = '';
  if (!file) return;
  void takeFile(file).then((wrong) => {
    say(dom.textError, wrong ?? '');
    if (!wrong) dom.textDialog.close();
  });
});
document.addEventListener('dragover', (event) => event.preventDefault());
document.addEventListener('drop', (event) => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file) void takeFile(file).then((wrong) => app.complain(wrong));
});

function openList(): void {
  app.list?.open(app, (grid, told) => {
    const { list } = app;
    if (list) void app.show(list.task);
    app.pose(grid, told);
    dom.listDialog.close();
    board.focus();
  });
}

document.addEventListener('paste', (event) => {
  if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return;
  const text = event.clipboardData?.getData('text/plain');
  if (!text) return;
  event.preventDefault();
  void take(text).then((wrong) => app.complain(wrong));
});
document.addEventListener('copy', (event) => {
  if (!board.hasFocus || !getSelection()?.isCollapsed) return;
  event.clipboardData?.setData('text/plain', shownGrid());
  event.preventDefault();
});
on(dom.copy, 'click', () => void copy(dom.copy, shownGrid()));
on(dom.link, 'click', () => {
  const link = new URL(location.href);
  link.hash = app.task.link(app.editor.grid, app.told);
  // Telephones have a sheet for that.
  if (matchMedia('(pointer: coarse)').matches && navigator.share) navigator.share({ url: link.href, title: document.title }).catch(() => {});
  else void copy(dom.link, link.href);
});

function shownGrid(): string {
  return app.task.text(app.thinking?.step?.grid ?? app.editor.grid);
}

const COPIED = 'Copied';

async function copy(button: HTMLButtonElement, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(dom.say, 'Copied');
    const before = button.textContent;
    if (before === COPIED) return;
    button.textContent = COPIED;
    setTimeout(() => (button.textContent = before), 1200);
  } catch {
    app.complain(`The browser does not let this page copy. Here it is: ${text}`);
  }
}

// The thinking
on(dom.solve, 'click', () => (app.isThinking ? app.stop() : void app.solve()));
// These two go away when they are pressed; the focus goes to what stops them.
on(dom.longer, 'click', () => {
  dom.solve.focus();
  void app.solve({ segments: app.more.segments });
});
on(dom.variants, 'click', () => {
  dom.solve.focus();
  void app.solve({ tries: app.more.tries });
});
on(dom.segment, 'input', () => app.playback((thinking) => thinking.seek(dom.segment.valueAsNumber)));
on(dom.first, 'click', () => app.playback((thinking) => thinking.seek(0)));
on(dom.back, 'click', () => app.playback((thinking) => thinking.seek(thinking.shown - 1)));
on(dom.play, 'click', () => app.playback((thinking) => thinking.toggle()));
on(dom.on, 'click', () => app.playback((thinking) => thinking.seek(thinking.shown + 1)));
on(dom.last, 'click', () => app.playback((thinking) => thinking.seek(Infinity)));
on(dom.save, 'click', () => {
  if (app.thinking) saves.show(app.thinking, (wrong) => (wrong === undefined ? say(dom.say, 'Saved') : app.complain(sentence(wrong))));
});
dom.chart.addEventListener('click', ({ clientX }) =>
  app.playback((thinking) => thinking.seek(chart.segmentAt(dom.chart, clientX, thinking.steps.length))),
);
dom.tries.addEventListener('click', ({ target }) => {
  const button = target instanceof Element ? target.closest('button') : null;
  const number = button ? [...dom.tries.children].indexOf(button) : -1;
  if (number >= 0) app.playback((thinking) => thinking.choose(number));
});

on(dom.mind, 'toggle', () => app.look({ isOpen: dom.mind.open }));
dom.mindColours.addEventListener('click', ({ target }) => {
  const name = target instanceof HTMLElement ? target.dataset['colours'] : undefined;
  if (name !== undefined) app.look({ colours: STATES.find((state) => state === name) ?? 'doubt' });
});
on(dom.raceStart, 'click', () => {
  if (!race.isRunning) return void race.start(app);
  race.stop();
  draw();
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
  const tries = Math.min(Math.max(Math.round(dom.triesMost.valueAsNumber), 1), MOST_TRIES) || undefined;
  app.choose((settings) => (settings.tries = tries));
});
on(dom.pace, 'change', () => app.choose((settings) => (settings.pace = paceOf(dom.pace.value) ?? 'normal')));
on(dom.look, 'change', () => app.choose((settings) => (settings.look = LOOKS.find((look) => look === dom.look.value) ?? 'system')));
on(dom.candidates, 'change', () => {
  app.choose((settings) => (settings.candidates = dom.candidates.checked));
  if (app.thinking) void app.trace(app.thinking);
});
on(dom.digits, 'change', () => app.choose((settings) => (settings.digits = dom.digits.checked)));
on(dom.safe, 'change', () => app.choose((settings) => (settings.safe = dom.safe.checked)));
on(dom.unknown, 'change', () => app.choose((settings) => (settings.unknown = dom.unknown.checked)));
on(dom.movesOn, 'change', () => app.choose((settings) => (settings.moves = dom.movesOn.checked)));
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
  dom.files.focus();
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
  // A dialog has the keys for itself.
  if (document.querySelector('dialog[open]')) return;
  const isPlayback = event.target instanceof Element && event.target.closest('.playing') !== null;
  if (event.key === 'F1') dom.helpDialog.showModal();
  else if (!keys.anywhere(app, event) && !(isPlayback && keys.inPlayback(app, event))) return;
  event.preventDefault();
});

void app.open().then(() => {
  app.demonstrate();
  void app.takeFragment().then(keepOffline);
});

/** Resolves when the browser has nothing better to do. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: 5000 });
    else setTimeout(resolve, 2000);
  });
}

/**
 * Keeps the page for visits without a connection, after the first load, which it would otherwise slow down, and then the
 * models of the other tasks.
 */
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
    serviceWorker.addEventListener('message', ({ data }) => {
      if (data === 'kept') say(dom.offline, 'Works without a connection.');
    });
    const { active } = await serviceWorker.ready;
    // Who counts bytes gets the other models when asking for them.
    const { connection } = navigator as { connection?: { saveData?: boolean } };
    if (connection?.saveData) return say(dom.offline, `${tasks[0].title} works without a connection.`);
    await idle();
    active?.postMessage('keep the rest');
  } catch {
    // If this fails, the page is not kept.
  }
}
