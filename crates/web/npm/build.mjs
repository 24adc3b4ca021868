// Builds the package: the compiled core of target/wasm, the bundled models, and the TypeScript around them.
// examples/web/build calls it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundle, MODELS as models, PROGRAMS } from './bundle.mjs';

const here = import.meta.dirname;
const repository = join(here, '../../..');
const compiled = join(repository, 'target/wasm');
/** The declarations that users see; those of the inner modules stay here. */
const declarations = ['bundled.d.ts', 'errors.d.ts', 'index.d.ts', 'solver.d.ts', 'types.d.ts'];

if (!PROGRAMS.every((program) => existsSync(join(compiled, program)))) {
  console.error('error: the core is not compiled: examples/web/build does all');
  process.exit(3);
}
for (const made of ['dist', 'models', 'src/core']) rmSync(join(here, made), { recursive: true, force: true });

// Written out so that bundlers see a model's address; its configuration is small enough to be code.
const entries = models.map((name) => {
  const from = join(repository, 'weights', name);
  const to = join(here, 'models', name);
  mkdirSync(to, { recursive: true });
  for (const file of ['config.json', 'model.safetensors']) cpSync(join(from, file), join(to, file));
  const config = JSON.stringify(JSON.parse(readFileSync(join(from, 'config.json'), 'utf8')));
  const names = join(from, 'identifiers.json');
  const identifiers = existsSync(names) ? JSON.stringify(JSON.stringify(JSON.parse(readFileSync(names, 'utf8')))) : 'undefined';
  const sha256 = createHash('sha256').update(readFileSync(join(from, 'model.safetensors'))).digest('hex');
  return `  ${name}: {
    url: new URL('../models/${name}/model.safetensors', import.meta.url),
    config: ${JSON.stringify(config)},
    sha256: '${sha256}',
    identifiers: ${identifiers},
  },
`;
});
const text = `// Written by build.mjs.

/** @internal */
export const bundled = {
${entries.join('')}};

/** A model that comes with the package. Each is fetched only when it is asked for. */
export type BundledModel = ${models.map((name) => `'${name}'`).join(' | ')};

/** @internal */
export const NAMES = Object.keys(bundled) as [BundledModel];
`;
writeFileSync(join(here, 'src/bundled.ts'), text);

for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(join(repository, licence), join(here, licence));
cpSync(join(repository, 'crates/cli/THIRD-PARTY.txt'), join(here, 'THIRD-PARTY.txt'));

mkdirSync(join(here, 'src/core'));
cpSync(join(compiled, 'hrm_core.d.ts'), join(here, 'src/core/hrm_core.d.ts'));
cpSync(join(repository, 'crates/web/src/types.d.ts'), join(here, 'src/core/types.d.ts'));
try {
  execFileSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '--project', here], { stdio: 'inherit' });
} catch {
  process.exit(1); // The command has reported why.
}
const dist = join(here, 'dist');
for (const file of readdirSync(dist)) {
  if (file.endsWith('.d.ts') && !declarations.includes(file)) rmSync(join(dist, file));
}
// What consumers' compilers need to know of `Symbol.dispose`.
const solver = join(dist, 'solver.d.ts');
writeFileSync(solver, `/// <reference lib="esnext.disposable" />\n${readFileSync(solver, 'utf8')}`);
mkdirSync(join(dist, 'core'));
cpSync(join(here, 'src/core/types.d.ts'), join(dist, 'core/types.d.ts'));
await bundle(compiled, dist);

const sizes = [
  ...['index.js', 'worker.js', ...PROGRAMS].map((file) => [file, readFileSync(join(dist, file))]),
  ...models.map((name) => [`model ${name}`, readFileSync(join(here, 'models', name, 'model.safetensors'))]),
];
for (const [what, bytes] of sizes) {
  const packed = gzipSync(bytes).length;
  console.log(`${what.padEnd(24)} ${kilobytes(bytes.length)}, ${kilobytes(packed)} gzipped`);
}

function kilobytes(bytes) {
  return `${Math.round(bytes / 1e3).toString().padStart(5)} kB`;
}
