/** The script of the Worker, which is also that of an engine on the thread that calls: an engine driven by messages. */

import { LocalEngine } from './engine.js';
import { toData } from './errors.js';
import { builtin } from './host.js';
import type { Reply, Request } from './protocol.js';
import { LOCAL, READY } from './wire.js';

/** What a Worker's own scope, a thread of Node.js and a channel have in common. */
interface Port {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
}

/** Serves an engine at a port. */
export function serve(port: Port): void {
  let engine: LocalEngine | undefined;
  const reply = (message: Reply) => port.postMessage(message);
  port.onmessage = ({ data }) => {
    if ('wasm' in data) engine = new LocalEngine(data.wasm, (progress) => reply({ progress }));
    else if ('cancel' in data) engine?.cancel(data.cancel);
    else if ('end' in data) engine?.free();
    else if (engine) {
      const { id, call, args } = data;
      const method = engine[call] as (...args: unknown[]) => Promise<unknown>;
      method.apply(engine, args).then(
        (value) => reply({ id, value }),
        (error: unknown) => reply({ id, error: toData(error) }),
      );
    }
  };
}

if (!(LOCAL in globalThis) && typeof document === 'undefined') {
  const isScope = typeof globalThis.postMessage === 'function';
  const port = isScope ? (globalThis as unknown as Port) : builtin<{ parentPort: Port | null }>('worker_threads')?.parentPort;
  if (port) {
    serve(port);
    port.postMessage(READY);
  }
}
