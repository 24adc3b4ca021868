/** What Node.js has in place of what browsers have. Its modules are asked for at run time, so that no bundler looks for them. */

export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.(`node:${name}`) as T | undefined;
}

/** Fetches an address, a file's too, which Node.js does not. */
export async function fetchAny(url: string): Promise<Response> {
  const fs = url.startsWith('file:') ? builtin<{ promises: { readFile(url: URL): Promise<BodyInit> } }>('fs') : undefined;
  if (!fs) return fetch(url);
  const bytes = await fs.promises.readFile(new URL(url)).catch(({ code }: { code?: string }) => code);
  const headers = url.endsWith('.wasm') ? { 'content-type': 'application/wasm' } : {};
  if (typeof bytes !== 'string' && bytes) return new Response(bytes, { headers });
  return new Response(null, { status: 404, statusText: `there is no such file (${String(bytes)})` });
}

/** What relative addresses are relative to: the page, or the folder that a program was started in. */
export function base(): string {
  const here = globalThis.document?.baseURI ?? globalThis.location?.href;
  if (here) return here;
  const { process } = globalThis as { process?: { cwd(): string } };
  const paths = builtin<{ pathToFileURL(path: string): URL }>('url');
  return process && paths ? `${paths.pathToFileURL(process.cwd()).href}/` : import.meta.url;
}

/** Threads that could compute side by side. */
export function threads(): number {
  return globalThis.navigator?.hardwareConcurrency ?? builtin<{ availableParallelism(): number }>('os')?.availableParallelism() ?? 1;
}
