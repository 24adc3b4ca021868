// A static server for the built page and for tests: right types, the Content-Security-Policy, compression, ETags.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { POLICY } from './policy.mjs';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.safetensors': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

const PAGE = join(import.meta.dirname, 'dist');

/**
 * Serves a folder on localhost; port 0 takes a free one. `policy` is the Content-Security-Policy, `headers` gives further
 * ones for a path, `onSend` is told what each answer weighs. Gives the address and how to end it.
 */
export async function start({ port = 0, root = PAGE, policy = POLICY, headers = (_path) => ({}), onSend = (_path, _bytes) => {} } = {}) {
  if (!existsSync(join(root, 'index.html'))) throw new Error(`${root} has no index.html: run examples/web/build first`);
  const packed = new Map();
  const server = createServer((request, response) => {
    const refuse = (status, text) => response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'GET and HEAD only');
    let path;
    try {
      path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    } catch {
      return refuse(400, 'no such address');
    }
    // normalize() of an absolute path cannot climb out of the root.
    let file = join(root, normalize(path));
    if (file.endsWith('/')) file += 'index.html';
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return refuse(404, 'not found');
    const bytes = readFileSync(file);
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}"`;
    response.setHeader('content-security-policy', policy);
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('etag', etag);
    response.setHeader('vary', 'accept-encoding');
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    for (const [name, value] of Object.entries(headers(path))) response.setHeader(name, value);
    if (request.headers['if-none-match'] === etag) return response.writeHead(304).end();
    let body = bytes;
    if (/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
      body = packed.get(etag) ?? gzipSync(bytes);
      packed.set(etag, body);
      response.setHeader('content-encoding', 'gzip');
    }
    response.setHeader('content-length', body.length);
    if (request.method === 'GET') onSend(path, body.length);
    response.writeHead(200).end(request.method === 'HEAD' ? undefined : body);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', resolve);
  });
  const stop = () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { url: `http://localhost:${server.address().port}/`, stop };
}
