/** An engine at the other end of a wire. */

import type { Engine, OpenRequest, Opened } from './engine.js';
import { fromData, HrmError, OptionsError } from './errors.js';
import type { Call, Reply, Request } from './protocol.js';
import type { Checked, DeviceInfo, Made, Progress, Reading, RunOptions, Step, TraceSegment } from './types.js';
import { connect, wasmOf, type Place, type Wire } from './wire.js';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** This end. */
export class Client implements Engine {
  readonly #wire: Promise<Wire>;
  readonly #report: (progress: Progress) => void;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #failed: unknown;

  constructor(place: Place, report: (progress: Progress) => void) {
    this.#report = report;
    // First, since it may throw: a Worker would be left behind.
    const wasm = wasmOf(place);
    const ears = {
      hear: (message: unknown) => this.#hear(message as Reply),
      stopped: (reason: string) => this.#fail(new HrmError(`the Worker stopped: ${reason}`, 'the next solve starts another one', 'stopped')),
    };
    this.#wire = connect(place, ears);
    this.#wire.catch((error: Error) => this.#fail(error));
    this.#post({ wasm });
  }

  open(request: OpenRequest): Promise<Opened> {
    return this.#call('open', request);
  }

  read(text: string, task?: string): Promise<Reading[]> {
    return this.#call('read', text, task);
  }

  check(puzzle: string, task?: string, answer?: string): Promise<Checked> {
    return this.#call('check', puzzle, task, answer);
  }

  generate(...recipe: Parameters<Engine['generate']>): Promise<Made[]> {
    return this.#call('generate', ...recipe);
  }

  start(puzzles: string[], options: RunOptions): Promise<number> {
    return this.#call('start', puzzles, options);
  }

  next(run: number): Promise<Step[] | undefined> {
    return this.#call('next', run);
  }

  cancel(run: number): void {
    if (!this.#failed) this.#post({ cancel: run });
  }

  trace(inputs: readonly number[], segments: number): Promise<TraceSegment[]> {
    return this.#call('trace', inputs, segments);
  }

  devices(): Promise<DeviceInfo[]> {
    return this.#call('devices');
  }

  async free(reason: Error = new HrmError('the solver has been freed', undefined, 'freed')): Promise<void> {
    await this.#fail(reason);
  }

  #call<C extends Call>(call: C, ...args: Parameters<Engine[C]>): ReturnType<Engine[C]> {
    const id = ++this.#calls;
    const reply = new Promise<unknown>((resolve, reject) => {
      if (this.#failed) return reject(this.#failed);
      this.#waiting.set(id, { resolve, reject });
      this.#post({ id, call, args } as Request);
    });
    return reply as ReturnType<Engine[C]>;
  }

  /** Sends a request once the wire is there, which has its own way to tell that it never will be. */
  #post(request: Request): void {
    const send = (wire: Wire) => {
      try {
        wire.hold(this.#waiting.size > 0);
        wire.post(request);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if ('id' in request) this.#settle(request.id)?.reject(new OptionsError(`options must be plain data: ${reason}`));
      }
    };
    this.#wire.then(send, () => {});
  }

  #hear(message: Reply): void {
    if ('progress' in message) return this.#tell(message.progress);
    const waiting = this.#settle(message.id);
    if ('error' in message) waiting?.reject(fromData(message.error));
    else waiting?.resolve(message.value);
  }

  /** What a caller's function throws is told to who waits: nobody catches it here. */
  #tell(progress: Progress): void {
    try {
      this.#report(progress);
    } catch (error) {
      void this.#fail(error);
    }
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#wire.then((wire) => wire.hold(false), () => {});
    return waiting;
  }

  async #fail(error: unknown): Promise<void> {
    const isFirst = !this.#failed;
    this.#failed ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (isFirst) await this.#wire.then((wire) => wire.end(), () => {});
  }
}
