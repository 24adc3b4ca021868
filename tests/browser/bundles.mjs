// The ways in which the world bundles the package: what a project holds, how it is built, and what must come of it.
import { join } from 'node:path';

const PUZZLE = '53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79';
export const ANSWER = '534678912672195348198342567859761423426853791713924856961537284287419635345286179';

/** Solves in a Worker and on the thread itself, and says so. */
const program = (options = '{}') => `
  import { HrmError, Solver } from 'hrm-webgpu';
  async function main() {
    for (const worker of [true, false]) {
      try {
        const solver = await Solver.create({ worker, ...${options} });
        const { answer } = await solver.answer('${PUZZLE}');
        console.log('solved', answer);
        await solver[Symbol.asyncDispose]();
      } catch (error) {
        console.log('failed', error instanceof HrmError, error.code, error.message, error.hint);
      }
    }
    console.log('end');
  }
`;
const PROGRAM = `${program()}main();`;
/** With files at addresses of one's own. */
const SERVED = "{ workerUrl: '/hrm/worker.js', model: '/hrm/sudoku/model.safetensors' }";
const html = (script) =>
  `<!doctype html><title>bundled</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

/** Copies what esbuild leaves behind, by the addresses that the package exports. */
const COPY = `
  import { fileURLToPath } from 'node:url';
  for (const [from, to] of [
    ...['worker.js', 'hrm_core_bg.wasm', 'hrm_core_relaxed_bg.wasm'].map((file) => [file, file]),
    ['models/sudoku/model.safetensors', 'sudoku/model.safetensors'], ['models/sudoku/config.json', 'sudoku/config.json'],
  ]) cpSync(fileURLToPath(import.meta.resolve('hrm-webgpu/' + from)), 'dist/hrm/' + to);
`;
const ESBUILD = `
  import { build } from 'esbuild';
  import { cpSync } from 'node:fs';
  await build({ entryPoints: ['main.js'], bundle: true, format: 'esm', outdir: 'dist' });
  cpSync('index.html', 'dist/index.html');
`;
const WEBPACK = `
  import webpack from 'webpack';
  import { cpSync } from 'node:fs';
  const config = { mode: 'production', entry: './main.js', output: { path: process.cwd() + '/dist' }, performance: { hints: false } };
  webpack(config, (error, stats) => {
    if (error || stats.hasErrors() || stats.hasWarnings()) { console.error(String(error ?? stats)); process.exitCode = 1; }
    cpSync('index.html', 'dist/index.html');
  });
`;
const ROLLUP = `
  import { rollup } from 'rollup';
  import resolve from '@rollup/plugin-node-resolve';
  import { importMetaAssets } from '@web/rollup-plugin-import-meta-assets';
  import { cpSync } from 'node:fs';
  const made = await rollup({ input: 'main.js', plugins: [resolve(), importMetaAssets()] });
  await made.write({ dir: 'dist', format: 'es' });
  cpSync('index.html', 'dist/index.html');
`;
const VITE = `
  import { build } from 'vite';
  await build({ logLevel: 'warn', build: { target: 'es2022' } });
`;
// The packages of CI's projects lie elsewhere, hence no strict files.
const DEV = `
  import { createServer } from 'vite';
  const server = await createServer({ server: { port: 0, host: 'localhost', fs: { strict: false } }, logLevel: 'error' });
  await server.listen();
  console.log('at ' + server.resolvedUrls.local[0]);
`;
const EXCLUDE = "export default { optimizeDeps: { exclude: ['hrm-webgpu'] } };";

const page = (script = '/main.js', main = PROGRAM) => ({ 'main.js': main, 'index.html': html(script) });
const RIGHT = [`solved ${ANSWER}`, `solved ${ANSWER}`, 'end'];

const vite = (version, files = {}) => ({
  name: `Vite ${version}, built`,
  packages: [`vite@${version}`],
  files: { ...page(), ...files, 'build.mjs': VITE },
  build: 'build.mjs',
});
const dev = (version, files) => ({
  name: `Vite ${version}, serving${files ? ', with the line of the README' : ''}`,
  packages: [`vite@${version}`],
  files: { ...page(), ...files, 'serve.mjs': DEV },
  serve: 'serve.mjs',
});
const next = (name, flag) => ({
  name,
  packages: ['next@16.4.6', 'react@19.3.1', 'react-dom@19.3.1'],
  files: {
    'app/layout.js': 'export default function Layout({ children }) { return <html lang="en"><head><link rel="icon" href="data:," /></head><body>{children}</body></html>; }',
    'app/page.js': `'use client';\nimport { useEffect } from 'react';\n${program()}\nexport default function Page() { useEffect(() => { main(); }, []); return <p>here</p>; }`,
    'build.mjs': `import { spawnSync } from 'node:child_process';
      process.exitCode = spawnSync('node', ['node_modules/next/dist/bin/next', 'build', ${JSON.stringify(flag)}], { stdio: 'inherit' }).status;`,
    'serve.mjs': `import next from 'next'; import { createServer } from 'node:http';
      const app = next({ dev: false }); await app.prepare();
      const server = createServer(app.getRequestHandler());
      server.listen(0, 'localhost', () => console.log('at http://localhost:' + server.address().port + '/'));`,
  },
  build: 'build.mjs',
  serve: 'serve.mjs',
});
/** Without a browser; not freed, which must not keep the process. */
const UNFREED = `${program().replace("await solver[Symbol.asyncDispose]();", '')}main();`;

/** An answer that nobody waits for any more must not keep the process either. */
const GIVEN_UP = `
  import { Solver } from 'hrm-webgpu';
  for (const worker of [true, false]) {
    const solver = await Solver.create({ worker });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const options = { halt: 'fixed', segments: 5000, signal: stop.signal };
    await solver.answer('${PUZZLE}', options).catch(({ name }) => console.log('failed', name));
  }
  console.log('end');
`;

/**
 * `packages` are those of an own project; without any, a project has those of `consumer`, which CI installs anyway.
 * `expected` are lines that the program says.
 */
export const bundles = [
  { name: 'webpack 5', files: { ...page('main.js'), 'build.mjs': WEBPACK }, build: 'build.mjs' },
  { name: 'Vite, serving', files: { ...page(), 'serve.mjs': DEV }, serve: 'serve.mjs' },
  { name: 'Rollup, with assets', files: { ...page('main.js'), 'build.mjs': ROLLUP }, build: 'build.mjs' },
  {
    name: 'esbuild, with files that were copied',
    files: { ...page('main.js', `${program(SERVED)}main();`), 'build.mjs': ESBUILD + COPY },
    build: 'build.mjs',
  },
  {
    name: 'esbuild, with files left behind',
    files: { ...page('main.js'), 'build.mjs': ESBUILD },
    build: 'build.mjs',
    expected: [...Array(2).fill(/^failed true (load|model) .*server answered 404.*left the package's files behind.*`workerUrl`/), /^end$/],
    complains: true,
  },
  { name: 'Node.js', files: { 'main.mjs': UNFREED }, command: ['node', 'main.mjs'] },
  {
    name: 'Node.js, without waiting for an answer',
    files: { 'main.mjs': GIVEN_UP },
    command: ['node', 'main.mjs'],
    expected: [...Array(2).fill(/^failed AbortError$/), /^end$/],
  },
  ...['5.4.21', '6.4.6', '7.3.8', '8.4.0'].map((version) => vite(version)),
  ...['5.4.21', '6.4.6', '7.3.8'].map((version) => dev(version, { 'vite.config.js': EXCLUDE })),
  {
    ...dev('7.3.8'),
    expected: [...Array(2).fill(/^failed true (load|model) .*optimizeDeps: \{ exclude: \['hrm-webgpu'\] \}/), /^end$/],
    complains: true,
  },
  next('Next.js, Turbopack', '--turbopack'),
  next('Next.js, webpack', '--webpack'),
  ...['20', '22', '24'].map((version) => ({
    name: `Node.js ${version}`,
    packages: [`node@${version}`],
    files: { 'main.mjs': UNFREED },
    command: [join('node_modules', '.bin', 'node'), 'main.mjs'],
  })),
  { name: 'Bun', packages: ['bun@1.4.5'], files: { 'main.mjs': UNFREED }, command: [join('node_modules', '.bin', 'bun'), 'main.mjs'] },
  {
    name: 'Deno',
    packages: ['deno@2.9.6'],
    // It waits for Workers that nobody has ended.
    files: { 'main.mjs': PROGRAM },
    command: [join('node_modules', '.bin', 'deno'), 'run', '--allow-read', '--allow-env', '--allow-sys', 'main.mjs'],
  },
].map((bundle) => ({ expected: RIGHT, ...bundle }));
