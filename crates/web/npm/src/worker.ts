/** The Worker: an engine driven by messages. */

import { LocalEngine } from './engine.js';
import { toData } from './errors.js';
import type { Reply, Request } from './protocol.js';

const engine = new LocalEngine((progress) => reply({ progress }));

function reply(message: Reply): void {
  globalThis.postMessage(message);
}

async function answer(request: Exclude<Request, { cancel: number }>): Promise<unknown> {
  switch (request.call) {
    case 'open':
      return engine.open(...request.args);
    case 'read':
      return engine.read(...request.args);
    case 'start':
      return engine.start(...request.args);
    case 'next':
      return engine.next(...request.args);
    case 'trace':
      return engine.trace(...request.args);
    case 'devices':
      return engine.devices();
  }
}

globalThis.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  if ('cancel' in data) return engine.cancel(data.cancel);
  const { id } = data;
  answer(data).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, error: toData(error) }),
  );
});
