/** An engine in a Dedicated Worker. */

import type { Engine, OpenRequest, Opened } from './engine.js';
import { fromData, HrmError } from './errors.js';
import type { Call, Reply, Request } from './protocol.js';
import type { DeviceInfo, Progress, Reading, RunOptions, Step, TraceSegment } from './types.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The page's end of a Worker. */
export class RemoteEngine implements Engine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #failed: Error | undefined;

  constructor(report: (progress: Progress) => void) {
    // Bundlers recognise this exact form only.
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'hrm' });
    this.#worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
      if ('progress' in data) return report(data.progress);
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ('error' in data) waiting?.reject(fromData(data.error));
      else waiting?.resolve(data.value);
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      const what = event.message || 'its script could not be loaded';
      this.#fail(new HrmError(`the Worker stopped: ${what}`, 'the next solve starts another one'));
    });
  }

  open(request: OpenRequest): Promise<Opened> {
    return this.#call('open', [request]) as Promise<Opened>;
  }

  read(text: string, task?: string): Promise<Reading[]> {
    return this.#call('read', [text, task]) as Promise<Reading[]>;
  }

  start(puzzles: string[], options: RunOptions): Promise<number> {
    return this.#call('start', [puzzles, options]) as Promise<number>;
  }

  next(run: number): Promise<Step[] | undefined> {
    return this.#call('next', [run]) as Promise<Step[] | undefined>;
  }

  cancel(run: number): void {
    this.#post({ cancel: run });
  }

  trace(inputs: readonly number[], segments: number): Promise<TraceSegment[]> {
    return this.#call('trace', [inputs, segments]) as Promise<TraceSegment[]>;
  }

  devices(): Promise<DeviceInfo[]> {
    return this.#call('devices', []) as Promise<DeviceInfo[]>;
  }

  free(reason: Error = new HrmError('the solver has been freed')): void {
    this.#fail(reason);
  }

  #call<C extends Call>(call: C, args: Parameters<Engine[C]>): Promise<unknown> {
    if (this.#failed) return Promise.reject(this.#failed);
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ id, call, args } as Request);
    });
  }

  #post(request: Request): void {
    this.#worker.postMessage(request);
  }

  #fail(error: Error): void {
    this.#failed ??= error;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
