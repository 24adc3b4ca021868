/** The page's behaviour. Its looks are in `view.ts`. */

import { addressed, fragment } from './address.js';
import { anatomy, type Anatomy } from './anatomy.js';
import { HrmError, NoAdapterError, Solver, type ModelSource, type Progress, type Recipe } from './hrm-webgpu/dist/index.js';
import { Desk } from './desk.js';
import type { Editor } from './editor.js';
import { hintFor, type Hint } from './hint.js';
import { Known } from './known.js';
import { read, type List } from './list.js';
import { Mind, type State } from './mind.js';
import { Playback, calm } from './playback.js';
import { isTraceable, retrace } from './retrace.js';
import { MOST_SEGMENTS, MOST_TRIES, remember, remembered, type Settings } from './settings.js';
import type { Definition, Question, Told } from './tasks/definition.js';
import { find, tasks, unlink } from './tasks/index.js';
import { Thinking } from './thinking.js';
import { sentence } from './words.js';

export class App {
  readonly settings: Settings = remembered();
  readonly #desks = tasks.map((task) => new Desk(task));
  #desk = this.#deskOf(find(this.settings.task) ?? tasks[0]);
  solver: Solver | undefined;
  /** Progress of opening; undefined when done. */
  opening: Progress | 'begins' | undefined = 'begins';
  /** Files that the user chose instead of the bundled model. */
  files: File[] | undefined;
  /** How the open model is built, if its configuration says so. */
  anatomy: Anatomy | undefined;
  /** Whether the view of the states is open, and what the board's colours then tell. */
  readonly inside: { isOpen: boolean; colours: 'doubt' | State } = { isOpen: false, colours: 'zH' };
  /** Whether the model thinks about a hint. */
  isAdvising = false;
  /** The latest text that held several puzzles. */
  list: List | undefined;
  /** The latest error, in a sentence or two. */
  error: string | undefined;

  readonly #draw: () => void;
  readonly #bundled: Readonly<Record<string, string>>;
  #stop: AbortController | undefined;
  #opened = 0;
  /** Whether the next frame is to be drawn. */
  #isDue = false;
  /** What is known about questions, which the core tells. */
  readonly #known = new Known(() => this.#ready.then(() => this.solver), () => this.#draw());
  /** Settles once {@link open} is done. */
  #ready = Promise.resolve();
  readonly #playback = new Playback(this.settings, () => this.thinking, () => this.#draw());
  /** Saves the puzzle on the board. */
  readonly #save = addressed(() => {
    const link = this.task.link(this.editor.grid, this.told);
    this.settings.boards[this.task.name] = link;
    remember(this.settings);
    return link;
  });
  /** Whether the page was opened with nothing of the visitor's, and nobody has touched the board yet. */
  #isNew: boolean;

  /** Takes what draws it, and the configurations of the bundled models by name. */
  constructor(draw: () => void, bundled: Readonly<Record<string, string>>) {
    this.#draw = draw;
    this.#bundled = bundled;
    for (const desk of this.#desks) {
      const { task } = desk;
      const saved = this.settings.boards[task.name] ?? '';
      desk.begin(task.unlink(saved) === undefined ? task.first : saved);
    }
    this.#isNew = !fragment() && Object.keys(this.settings.boards).length === 0;
    const shared = unlink(fragment());
    if (!shared) return;
    this.#turnTo(shared.task);
    this.#desk.begin(fragment());
  }

  #deskOf(task: Definition): Desk {
    const desk = this.#desks.find((desk) => desk.task === task);
    if (!desk) throw new Error(`the page has no board for the task ${task.name}`);
    return desk;
  }

  #turnTo(task: Definition): void {
    this.#desk = this.#deskOf(task);
    this.settings.task = task.name;
    // A playback that went on here when another board was shown goes on.
    this.#playback.run();
  }

  get task(): Definition {
    return this.#desk.task;
  }

  get editor(): Editor {
    return this.#desk.editor;
  }

  get brush(): string {
    return this.#desk.brush;
  }

  set brush(glyph: string) {
    this.#desk.brush = glyph;
  }

  /** What belongs to the question besides its grid. */
  get told(): Told | undefined {
    return this.editor.told;
  }

  /** What stops a try; tasks without rules have a default of their own. */
  get halt(): Pick<Settings, 'halt'> | Record<string, never> {
    const { halt } = this.settings;
    return this.task.rules || halt !== 'valid' ? { halt } : {};
  }

  get hint(): Hint | undefined {
    return this.#desk.hint;
  }

  get thinking(): Thinking | undefined {
    return this.#desk.thinking;
  }

  /** What is known about the question on the board, before any model has seen it. */
  get question(): Question {
    return this.#known.of(this.task, this.editor.grid);
  }

  /** Resolves to a new puzzle, which the core makes; undefined where it makes none. */
  async make(task: Definition, recipe: Recipe): Promise<string | undefined> {
    try {
      await this.#ready;
      const made = await this.solver?.generate({ ...recipe, task: task.name });
      return made?.[0] && task.fit(made[0].puzzle);
    } catch {
      return undefined;
    }
  }

  /** Most segments and tries of a solve. */
  get effort(): { segments: number; tries: number } {
    const { segments = this.solver?.model.segments ?? 16, tries = this.task.tries } = this.settings;
    return { segments, tries };
  }

  /** Shows the board of a task and opens its model. */
  async show(task: Definition): Promise<void> {
    if (task === this.task) return;
    this.stop();
    this.#isNew = false;
    this.#turnTo(task);
    this.files = undefined;
    this.#save();
    await this.open();
  }

  /**
   * Opens the chosen model and device. If that fails, tries `auto` instead of a missing WebGPU, or the bundled model.
   */
  open(): Promise<void> {
    return (this.#ready = this.#open());
  }

  async #open(): Promise<void> {
    const number = ++this.#opened;
    this.#stop?.abort();
    this.solver?.free();
    this.solver = undefined;
    this.opening = 'begins';
    this.error = undefined;
    this.#draw();
    const onProgress = (progress: Progress) => {
      if (number !== this.#opened || progress.stage === 'notice') return;
      this.opening = progress;
      this.#drawSoon();
    };
    const { files, task } = this;
    const model: ModelSource | undefined = files ?? task.model;
    try {
      if (model === undefined) throw new HrmError('there is no bundled model for this board', 'open files of your own');
      const solver = await Solver.create({ model, device: this.settings.device, onProgress });
      const built = await anatomy(files ?? task.model, this.#bundled);
      if (number !== this.#opened) return solver.free();
      this.solver = solver;
      this.anatomy = built;
      const found = find(solver.model.task);
      if (!found) throw new HrmError(`the page has no board for the task of this model, ${solver.model.task ?? 'which it does not name'}`);
      this.#turnTo(found);
    } catch (error) {
      if (number !== this.#opened) return;
      const why = sentence(error);
      if (error instanceof NoAdapterError && this.settings.device !== 'auto') this.settings.device = 'auto';
      else if (this.files) this.files = undefined;
      else {
        this.opening = undefined;
        this.error = why;
        return this.#draw();
      }
      await this.#open();
      this.error = why;
      return this.#draw();
    }
    this.opening = undefined;
    this.#draw();
  }

  /** Draws with the next frame: bytes of a model arrive more often than a screen shows them. */
  #drawSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  get isThinking(): boolean {
    return this.thinking?.isRunning ?? false;
  }

  /** Solves the question on the board. */
  async solve(effort: { segments?: number; tries?: number } = {}): Promise<void> {
    if (this.isThinking || this.opening) return;
    this.stop();
    this.error = undefined;
    if (this.editor.isEmpty && !this.told) {
      this.error = 'The board is empty: make a puzzle, paste one, or take a new one.';
      return this.#draw();
    }
    if (!this.solver) await this.open();
    const { solver } = this;
    if (!solver) return;
    const desk = this.#desk;
    const stop = new AbortController();
    const thinking = new Thinking(desk.task, desk.editor.grid, desk.editor.told);
    [this.#stop, desk.thinking, desk.hint] = [stop, thinking, undefined];
    this.#draw();
    try {
      const unknown = desk.task.isFree ? { blankIdentifier: this.settings.unknown } : {};
      // Where no answer can keep the rules, further tries would only take time.
      const once = this.question === 'none' ? { tries: 1 } : {};
      const options = { ...this.halt, ...this.effort, ...effort, ...once, ...unknown, signal: stop.signal };
      for await (const step of solver.solve(desk.task.question(thinking.question, thinking.told), options)) {
        thinking.add(step);
        this.#playback.run();
      }
      thinking.progress = 'ended';
    } catch (error) {
      thinking.progress = stop.signal.aborted ? 'stopped' : 'failed';
      if (!stop.signal.aborted) this.error = sentence(error);
      if (thinking.steps.length === 0 && desk.thinking === thinking) desk.thinking = undefined;
    }
    this.#playback.run();
    this.#draw();
    await this.trace(thinking);
  }

  /** Marks the empty cell that the model is surest of; asked again, tells what it would write there. */
  async advise(): Promise<void> {
    const { solver } = this;
    const desk = this.#desk;
    const { task, editor } = desk;
    if (this.isThinking || this.isAdvising || !solver || task.isDrawn) return;
    this.error = undefined;
    desk.thinking = undefined;
    this.#isNew = false;
    if (desk.hint) {
      desk.hint.isTold = true;
      return this.#draw();
    }
    if (editor.isEmpty) return this.complain('The board is empty: make a puzzle, paste one, or take a new one.');
    if (!editor.grid.includes(task.blank)) return this.complain('No cell is empty.');
    const stop = new AbortController();
    [this.#stop, this.isAdvising] = [stop, true];
    this.#draw();
    try {
      const { segments } = this.effort;
      desk.hint = await hintFor(solver, task, editor.grid, { ...this.halt, segments, signal: stop.signal });
    } catch (error) {
      if (!stop.signal.aborted) this.error = sentence(error);
    }
    this.isAdvising = false;
    this.#draw();
  }

  /** The states of the solve that is shown, if somebody looks at them. */
  get mind(): Mind | undefined {
    const { thinking, anatomy } = this;
    if (!this.inside.isOpen || !thinking?.trace || !anatomy || thinking.try !== 0) return undefined;
    return (thinking.mind ??= Mind.of(thinking.trace, thinking.question.length, anatomy.hidden));
  }

  /** Opens or closes the view of the states, or changes what the board's colours tell meanwhile. */
  look(change: Partial<App['inside']>): void {
    Object.assign(this.inside, change);
    this.#draw();
    if (this.thinking) void this.trace(this.thinking);
  }

  /** Looks at what the first try was made of, if candidates or states are to be seen. */
  async trace(thinking: Thinking): Promise<void> {
    const { solver } = this;
    const isWanted = this.inside.isOpen || (this.settings.candidates && !thinking.task.isDrawn);
    if (!isWanted || !solver || !isTraceable(solver, thinking)) return;
    const traced = retrace(solver, thinking);
    this.#draw();
    await traced;
    this.#draw();
  }

  /** Solves the opening puzzle by itself, once, for those who are new and do not mind motion. */
  demonstrate(): void {
    if (!this.#isNew || calm.matches || this.isThinking || this.thinking || !this.solver) return;
    this.#playback.isShowing = true;
    void this.solve().finally(() => (this.#isNew = false));
  }

  /** How many more segments and tries could help if the answer is wrong. */
  get more(): { segments: number; tries: number } {
    const { steps, tries } = this.thinking ?? { steps: [], tries: [] };
    return {
      segments: Math.min(4 * steps.length, MOST_SEGMENTS),
      tries: Math.min(4 * Math.max(tries.length, 4), MOST_TRIES),
    };
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Moves the playback of the solve that is shown. */
  playback(move: (thinking: Thinking) => void): void {
    if (!this.thinking) return;
    this.#playback.isShowing = false;
    move(this.thinking);
    this.#playback.run();
    this.#draw();
  }

  /** Puts a question on the board; ends a solve of the one before. */
  pose(grid: string, told?: Told): void {
    this.edit((editor) => editor.pose(grid, told));
  }

  /** Changes the question; ends a solve of the old one. */
  edit(change: (editor: Editor) => boolean | void): void {
    const { grid, told } = this.editor;
    change(this.editor);
    this.#isNew = false;
    if (this.editor.grid !== grid || this.editor.told !== told) {
      this.stop();
      [this.#desk.thinking, this.#desk.hint] = [undefined, undefined];
      this.#playback.isShowing = false;
      this.error = undefined;
      this.#save();
    }
    this.#draw();
  }

  /**
   * Puts the first puzzle of a text, or of an address of this page, on the board of its task; returns what is wrong with
   * the text, if anything.
   */
  async take(text: string): Promise<string | undefined> {
    try {
      const { task, grid, told } = unlink(text) ?? unlink(text.trim().replace(/^\S*#/, '')) ?? (await this.#read(text));
      void this.show(task);
      this.pose(grid, told);
      return undefined;
    } catch (error) {
      return sentence(error);
    }
  }

  /** Reads a text by the core, which is there once a model is open. */
  async #read(text: string): Promise<{ task: Definition; grid: string; told: Told | undefined }> {
    await this.#ready;
    const { list, ...first } = await read(this.solver, text);
    this.list = list ?? this.list;
    return first;
  }

  /** Takes the puzzle from the page's address. */
  async takeFragment(): Promise<void> {
    const text = fragment();
    if (!text || text === this.task.link(this.editor.grid, this.told)) return;
    const wrong = await this.take(text);
    if (wrong) this.complain(`The address of this page holds no puzzle. ${wrong}`);
  }

  complain(text: string | undefined): void {
    this.error = text;
    this.#draw();
  }

  choose(change: (settings: Settings) => void): void {
    change(this.settings);
    remember(this.settings);
    this.#draw();
  }
}
