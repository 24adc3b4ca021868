// Serves folders on localhost, one of its own for each name: { "/core/": "target/wasm", … }.
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Serves `folders`; resolves to its address and `close()`. Pages of `pages` are answered from memory. */
export async function serve(folders, pages = {}) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    if (path in pages) {
      response.writeHead(200, { "content-type": types[extname(path)] ?? types[".html"] });
      return response.end(pages[path]);
    }
    const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix));
    const file = prefix && join(folders[prefix], normalize("/" + path.slice(prefix.length)));
    const found = file && statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!found) {
      response.writeHead(404);
      return response.end();
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
