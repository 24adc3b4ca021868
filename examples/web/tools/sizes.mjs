// sizes.mjs FILE…: what each file weighs raw and on its way to a browser, compressed by gzip and by brotli.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const rows = process.argv.slice(2).map((file) => {
  const bytes = readFileSync(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return [basename(file), bytes.length, gzipSync(bytes, { level: 9 }).length, brotliCompressSync(bytes, { params }).length];
});
const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
rows.push(["together", sum(1), sum(2), sum(3)]);
console.log(["".padEnd(24), "raw".padStart(10), "gzip".padStart(10), "brotli".padStart(10)].join(""));
for (const [name, ...sizes] of rows) {
  console.log(name.padEnd(24) + sizes.map((size) => size.toLocaleString("en").padStart(10)).join(""));
}
