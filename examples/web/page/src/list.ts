/** A text of many puzzles as a list: each can be put on the board, and all can be solved. */

import type { App } from './app.js';
import { buttonOf, dom, enable, say } from './dom.js';
import { Solver, type Answer, type Reading } from './hrm-webgpu/dist/index.js';
import { draw, mini } from './mini.js';
import { find, tasks } from './tasks/index.js';
import type { Definition, Told } from './tasks/definition.js';
import { sentence } from './words.js';

/** Most lines that are shown; more are solved and counted all the same. */
const MOST_SHOWN = 200;

interface Entry {
  line: number;
  /** What stands there: a puzzle, or why it is none. */
  grid: string | undefined;
  told?: Told | undefined;
  error: string | undefined;
  answer: Answer | undefined;
}

export class List {
  readonly task: Definition;
  readonly #entries: readonly Entry[];
  #stop: AbortController | undefined;

  private constructor(task: Definition, entries: readonly Entry[]) {
    [this.task, this.#entries] = [task, entries];
  }

  /** Takes what was read from a text; undefined if it holds fewer than two puzzles of a task that the page knows. */
  static of(readings: readonly Reading[]): List | undefined {
    const task = find(readings.find((reading) => reading.error === undefined)?.task);
    if (!task) return undefined;
    const entries = readings.map((reading): Entry => {
      const { line } = reading;
      if (reading.error !== undefined) return { line, grid: undefined, error: reading.error, answer: undefined };
      try {
        if (reading.task !== task.name) throw new Error(`a puzzle of another kind: ${reading.task}`);
        return { line, grid: task.fit(reading.puzzle), told: toldBy(reading, task), error: undefined, answer: undefined };
      } catch (error) {
        return { line, grid: undefined, error: (error as Error).message, answer: undefined };
      }
    });
    return entries.filter(({ grid }) => grid !== undefined).length > 1 ? new List(task, entries) : undefined;
  }

  get #puzzles(): { entry: Entry; grid: string }[] {
    return this.#entries.flatMap((entry) => (entry.grid === undefined ? [] : [{ entry, grid: entry.grid }]));
  }

  get title(): string {
    const faulty = this.#entries.length - this.#puzzles.length;
    return `${this.#puzzles.length} puzzles${faulty > 0 ? `, ${faulty} unreadable` : ''}`;
  }

  /** Fills and opens the dialog; `choose` gets the puzzle that is pressed. */
  open(app: App, choose: (grid: string, told: Told | undefined) => void): void {
    dom.listAll.onclick = () => (this.#stop ? this.#stop.abort() : void this.#solve(app));
    const rows = this.#entries.slice(0, MOST_SHOWN).map(({ grid, told, error, line }) => {
      const row = document.createElement('li');
      if (grid === undefined) {
        row.textContent = `Line ${line}: ${error}`;
        return row;
      }
      const button = buttonOf('', {});
      const picture = mini();
      draw(picture, this.task, grid, grid, () => false);
      button.append(picture, document.createElement('span'));
      button.addEventListener('click', () => choose(grid, told));
      row.append(button);
      return row;
    });
    dom.list.replaceChildren(...rows);
    this.#show(app);
    dom.listDialog.showModal();
  }

  #show(app: App): void {
    const done = this.#puzzles.filter(({ entry }) => entry.answer);
    const solved = done.filter(({ entry }) => entry.answer?.valid).length;
    const rest = this.#entries.length > MOST_SHOWN ? ` The first ${MOST_SHOWN} are shown.` : '';
    say(dom.listTitle, this.title);
    const came = this.task.rules ? `${solved} of ${done.length} solved.` : `${done.length} answered.`;
    say(dom.listSaid, `${done.length > 0 ? came : 'A puzzle goes to the board when it is pressed.'}${rest}`);
    say(dom.listAll, this.#stop ? 'Stop' : 'Solve all');
    enable(dom.listAll, this.#stop !== undefined || app.solver?.model.task === this.task.name);
    this.#entries.slice(0, MOST_SHOWN).forEach(({ line, grid, told, answer }, index) => {
      const text = dom.list.children[index]?.querySelector('span');
      if (!text || grid === undefined) return;
      const how = answer?.valid === null ? 'answered' : answer?.valid ? 'solved' : 'not solved';
      const came = answer && `${how}, ${answer.segments === 1 ? '1 segment' : `${answer.segments} segments`}`;
      say(text, `${told?.name || `Line ${line}`}: ${came ?? this.task.about(grid)}`);
      text.classList.toggle('good', answer?.valid === true);
    });
  }

  /** Solves those that have no answer yet. */
  async #solve(app: App): Promise<void> {
    const { solver } = app;
    if (!solver) return;
    const stop = (this.#stop = new AbortController());
    const open = this.#puzzles.filter(({ entry }) => !entry.answer);
    this.#show(app);
    try {
      const options = { ...app.halt, ...app.effort, signal: stop.signal };
      const texts = open.map(({ grid, entry }) => this.task.question(grid, entry.told));
      for await (const answer of solver.solveMany(texts, options)) {
        const puzzle = open[answer.index];
        if (puzzle) puzzle.entry.answer = answer;
        this.#show(app);
      }
    } catch (error) {
      if (!stop.signal.aborted) app.complain(sentence(error));
    }
    this.#stop = undefined;
    this.#show(app);
  }
}

/** Reads texts where no model is open. */
let reader: Promise<Solver> | undefined;

/** Opens the bundled model of the first task that has one. */
function opened(): Promise<Solver> {
  const model = tasks.find(({ model }) => model !== undefined)?.model;
  const opening = Solver.create({ device: 'cpu', ...(model === undefined ? {} : { model }) });
  opening.catch(() => (reader = undefined));
  return opening;
}

/** Reads a text: its first puzzle, and a list if it has several; throws an error if the first cannot be shown. */
export async function read(open: Solver | undefined, text: string): Promise<{ task: Definition; grid: string; told: Told | undefined; list: List | undefined }> {
  const solver = open ?? (await (reader ??= opened()));
  const readings = await solver.read(text);
  const fault = readings[0]?.error ?? 'expected a puzzle, found none';
  const first = readings.find((reading) => reading.error === undefined);
  if (!first) throw new Error((readings[0]?.line ?? 0) > 1 ? `line ${readings[0]?.line}: ${fault}` : fault);
  const task = find(first.task);
  if (!task) throw new Error(`the page has no board for the task ${first.task}`);
  return { task, grid: task.fit(first.puzzle), told: toldBy(first, task), list: List.of(readings) };
}

/** Returns what was read besides a grid. */
function toldBy({ name, examples }: Reading & { error?: undefined }, task: Definition): Told | undefined {
  if (!examples) return undefined;
  return { name: name ?? '', examples: examples.map(([input, output]) => [task.fit(input), task.fit(output)] as const) };
}
