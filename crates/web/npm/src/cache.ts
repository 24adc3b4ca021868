/**
 * Models in the browser's Cache API. Nothing here fails: what cannot be kept is reported, and fetched again next time.
 */

const NAME = 'hrm-webgpu-models';

/** Headers that tell whether the server's file is still the one that was kept. */
const MARKS = ['etag', 'last-modified', 'content-length'];

async function open(): Promise<Cache | undefined> {
  // Missing on insecure pages; refused by some private windows.
  return globalThis.caches?.open(NAME).catch(() => undefined);
}

/** Returns what was kept for an address. */
export async function kept(url: string): Promise<Response | undefined> {
  return (await open())?.match(url).catch(() => undefined);
}

/** Returns whether the server still has what was kept; true without a connection, when what was kept must do. */
export async function isFresh(url: string, before: Response): Promise<boolean> {
  try {
    const now = await fetch(url, { method: 'HEAD', cache: 'no-cache' });
    const marks = MARKS.filter((mark) => now.headers.has(mark) && before.headers.has(mark));
    return marks.length > 0 && marks.every((mark) => now.headers.get(mark) === before.headers.get(mark));
  } catch {
    return true;
  }
}

/** Keeps a text. */
export async function keepText(url: string, text: string): Promise<void> {
  await (await open())?.put(url, new Response(text)).catch(() => {});
}

/** Returns the text that was kept. */
export async function keptText(url: string): Promise<string | undefined> {
  return (await kept(url))?.text();
}

/** Writes a file into the cache as it arrives, without a second copy of it in memory. */
export class Keeper {
  readonly #url: string;
  readonly #headers: Headers;
  readonly #notice: (message: string) => void;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** Resolves to the reason why the file could not be kept, or undefined. */
  #stored: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(url: string, response: Response, notice: (message: string) => void) {
    this.#url = url;
    this.#notice = notice;
    const marks = MARKS.map((mark) => [mark, response.headers.get(mark)]);
    this.#headers = new Headers(marks.filter((pair): pair is [string, string] => pair[1] !== null));
  }

  /** Begins to keep a file of `length` bytes. */
  async begin(length: number): Promise<void> {
    const cache = await open();
    if (!cache) return this.#refused('this page may not use the cache (it needs https, and no private window)');
    const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
    if (quota !== undefined && quota - (usage ?? 0) < length) {
      return this.#refused(`the browser's storage is full: it has ${megabytes(quota - (usage ?? 0))} left`);
    }
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const stored = cache.put(this.#url, new Response(readable, { headers: this.#headers }));
    this.#stored = stored.then(
      () => undefined,
      (error: unknown) => (isQuota(error) ? "the browser's storage is full" : `the browser says: ${String(error)}`),
    );
    this.#writer = writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  /** Writes the next bytes; waits while the disk is slower than the network. */
  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#writer) return;
    const written = this.#writer.write(chunk).then(
      () => undefined,
      () => this.#stored,
    );
    const reason = await Promise.race([written, this.#stored]);
    if (reason !== undefined) this.#refused(reason);
  }

  /** Finishes the file once all of it has been written. */
  async finish(): Promise<void> {
    if (!this.#writer) return;
    await this.#writer.close().catch(() => {});
    const reason = await this.#stored;
    if (reason !== undefined) this.#refused(reason);
  }

  /** Discards what was written. */
  async abort(): Promise<void> {
    await this.#writer?.abort('not a model').catch(() => {});
    await this.#stored;
    await (await open())?.delete(this.#url).catch(() => {});
  }

  #refused(reason: string): void {
    this.#writer?.abort(reason).catch(() => {});
    this.#writer = undefined;
    this.#notice(`the model could not be kept for the next visit, and will be fetched again: ${reason}`);
  }
}

/** Recognised by name, because browsers are changing its type. */
function isQuota(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError';
}

function megabytes(bytes: number): string {
  return `${(Math.max(bytes, 0) / 1e6).toFixed(1)} MB`;
}
