/** The same puzzle on the CPU and on the GPU, one after the other: neither takes time from the other. */

import type { App } from './app.js';
import { isUnsure, percent } from './board.js';
import { dom, enable, say } from './dom.js';
import { NoAdapterError, Solver, type Answer, type Step } from './hrm-webgpu/dist/index.js';
import { draw } from './mini.js';
import type { Definition } from './tasks/definition.js';
import { ofCells } from './thinking.js';
import { capital, sentence } from './words.js';

const DEVICES = ['cpu', 'webgpu'] as const;
type Kind = (typeof DEVICES)[number];
const NAMES: Readonly<Record<Kind, string>> = { cpu: 'CPU', webgpu: 'GPU' };

interface Lane {
  /** What it is doing, or what came of it. */
  said: string;
  /** The device's own name. */
  name: string;
  step: Step | undefined;
  answer: Answer | undefined;
}

export class Race {
  #task: Definition | undefined;
  #grid = '';
  #lanes: Record<Kind, Lane> | undefined;
  #stop: AbortController | undefined;

  get isRunning(): boolean {
    return this.#stop !== undefined;
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** Runs the puzzle on the board on one device, then on the other. */
  async start(app: App): Promise<void> {
    const { task, files, told } = app;
    const model = files ?? task.model;
    if (this.isRunning || app.isThinking || app.editor.isEmpty || !model) return;
    const stop = new AbortController();
    const lane = (): Lane => ({ said: 'waits', name: '', step: undefined, answer: undefined });
    const lanes = { cpu: lane(), webgpu: lane() };
    [this.#task, this.#grid, this.#lanes, this.#stop] = [task, app.editor.grid, lanes, stop];
    const options = { ...app.halt, segments: app.effort.segments, tries: 1, signal: stop.signal };
    const text = task.question(this.#grid, told);
    for (const device of DEVICES) {
      const lane = lanes[device];
      const tell = (said: string) => {
        lane.said = said;
        if (this.#stop === stop) this.show(app);
      };
      let solver: Solver | undefined;
      try {
        tell('opening');
        solver = await Solver.create({ model, device, signal: stop.signal });
        lane.name = capital(solver.device.name);
        // What is done only once, compiling shaders among it, is no part of a segment.
        await solver.answer(text, { ...options, halt: 'fixed', segments: 1 });
        for await (const step of solver.solve(text, options)) {
          lane.step = step;
          lane.answer = step.answer;
          tell(`segment ${step.segment}, ${each(step.ms / step.segment)}`);
        }
        if (lane.answer) tell(outcome(lane.answer));
        if (device === 'webgpu' && (await isSoftware())) lane.name += ', computed by the processor: this is no real GPU';
      } catch (error) {
        if (stop.signal.aborted) lane.said = 'stopped';
        else tell(error instanceof NoAdapterError ? 'This browser offers no GPU through WebGPU.' : sentence(error));
      }
      solver?.free();
    }
    if (this.#stop === stop) this.#stop = undefined;
    this.show(app);
  }

  /** Shows the race; another puzzle than its own, or a solve on the page, ends it. */
  show(app: App): void {
    if (app.isThinking) this.stop();
    if (this.#lanes && (app.task !== this.#task || app.editor.grid !== this.#grid)) {
      this.stop();
      this.#lanes = undefined;
    }
    say(dom.raceStart, this.isRunning ? 'Stop' : 'Race on this puzzle');
    enable(dom.raceStart, this.isRunning || (!app.isThinking && !app.editor.isEmpty && app.opening === undefined));
    dom.raceLanes.hidden = !this.#lanes;
    say(dom.raceSaid, this.#lanes && !this.isRunning ? compared(this.#lanes.cpu, this.#lanes.webgpu) : '');
    if (!this.#lanes || !this.#task) return;
    for (const device of DEVICES) {
      const { said, name, step } = this.#lanes[device];
      const { title, board, text, name: small } = dom.race[device];
      say(title, NAMES[device]);
      say(text, capital(said));
      say(small, name);
      const shown = step && ofCells(this.#task, step);
      draw(board, this.#task, this.#grid, shown?.grid ?? this.#grid, (cell) => isUnsure(shown?.confidences?.[cell]));
    }
  }
}

function each(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms each`;
}

function outcome({ valid, segments, ms }: Answer): string {
  const what = valid === null ? 'Answered' : valid ? 'Solved' : 'Not solved';
  return `${what} after ${segments === 1 ? '1 segment' : `${segments} segments`}, ${each(ms / segments)}`;
}

/** Says what came of it, of segments and answers apart: devices round differently. */
function compared({ answer: cpu }: Lane, { answer: gpu }: Lane): string {
  if (!cpu || !gpu) return '';
  const [a, b] = [cpu.ms / cpu.segments, gpu.ms / gpu.segments];
  const ratio = Math.max(a, b) / Math.max(Math.min(a, b), 1e-6);
  const faster = `A segment took the ${a < b ? 'CPU' : 'GPU'} ${percent(1 / ratio)} of the time that the ${a < b ? 'GPU' : 'CPU'} needed.`;
  const isSame = cpu.answer === gpu.answer && cpu.segments === gpu.segments;
  return `${faster} ${isSame ? 'Both gave the same answer, after as many segments.' : 'They came to different ends: each rounds differently, and a hard puzzle shows it.'}`;
}

/** Whether what the browser calls a GPU is a program on the processor. */
async function isSoftware(): Promise<boolean> {
  const devices = await Solver.devices();
  return devices.find(({ kind }) => kind === 'webgpu')?.software ?? false;
}
