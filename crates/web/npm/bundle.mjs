// Bundles TypeScript and the compiled core: index.js, which people import, and worker.js, which is all that a Worker
// needs but a .wasm beside it.
import { build } from 'esbuild';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;

/** The bundled models, folders of `weights`; the first is the default. */
export const MODELS = ['sudoku', 'maze', 'arc'];

/** The compiled programs, of which an engine takes one; one script drives both. */
export const PROGRAMS = ['hrm_core_bg.wasm', 'hrm_core_relaxed_bg.wasm'];

/** Bundles a script that is no module, from an entry that may import the package's sources; returns its text. */
export async function script(entry) {
  const { outputFiles } = await build({ bundle: true, format: 'iife', target: 'es2022', entryPoints: [entry], write: false, logLevel: 'warning' });
  return outputFiles[0].text;
}

/** Writes the package's scripts around a compiled core into a folder. */
export async function bundle(compiled, dist) {
  mkdirSync(dist, { recursive: true });
  const core = {
    name: 'core',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /core\/hrm_core\.js$/ }, () => ({ path: join(compiled, 'hrm_core.js') }));
      // The page says where the .wasm is. Without its address here, bundlers do not take it along twice.
      onLoad({ filter: /hrm_core\.js$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace("new URL('hrm_core_bg.wasm', import.meta.url)", 'undefined');
        if (contents === text) throw new Error(`${path} is not as wasm-bindgen writes it`);
        return { contents, loader: 'js' };
      });
    },
  };
  const options = { bundle: true, format: 'esm', target: 'es2022', outdir: dist, logLevel: 'warning', legalComments: 'none' };
  await build({ ...options, entryPoints: [join(here, 'src/index.ts')], external: ['./worker.js'] });
  await build({ ...options, entryPoints: [join(here, 'src/worker.ts')], plugins: [core], minify: true });
  for (const program of PROGRAMS) cpSync(join(compiled, program), join(dist, program));
}
