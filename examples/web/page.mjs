// Builds the page into dist/, around the package as it is published: static files for any server. Two optional arguments
// say what the page cannot know: where it will stand, for the preview that others show of a link, and where its source is.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { POLICY } from './policy.mjs';

const here = import.meta.dirname;
const npm = join(here, '../../crates/web/npm');
const [from, to] = [join(here, 'page'), join(here, 'dist')];
const copied = ['style.css', 'icon.svg', 'manifest.webmanifest'];
const [address, source] = process.argv.slice(2).map((text) => new URL(text));

rmSync(to, { recursive: true, force: true });
mkdirSync(to);
for (const part of ['dist', 'models']) cpSync(join(npm, part), join(to, 'hrm-webgpu', part), { recursive: true });
try {
  execFileSync(process.execPath, [join(npm, 'node_modules/typescript/bin/tsc'), '--project', from], { stdio: 'inherit' });
} catch {
  process.exit(1); // The command has reported why.
}
for (const file of copied) cpSync(join(from, file), join(to, file));

// The page's own modules are fetched at once, not one after the other.
const modules = readdirSync(to, { recursive: true })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.js') && file !== 'main.js' && !file.startsWith('hrm-webgpu/'));
const first = [...modules, 'hrm-webgpu/dist/index.js'];
const preload = first.map((file) => `<link rel="modulepreload" href="${file}">`).join('\n  ');
const { MODELS, PROGRAMS, script } = await import(pathToFileURL(join(npm, 'bundle.mjs')));
const html = readFileSync(join(from, 'index.html'), 'utf8');
let preview = '';
if (address) {
  // Previews want a picture with an address of its own, which visitors do not load.
  cpSync(join(here, '../../docs/page.png'), join(to, 'preview.png'));
  preview = ['url', 'image'].map((what) => `<meta property="og:${what}" content="${new URL(what === 'url' ? '.' : 'preview.png', address)}">`).join('\n  ');
}
const link = source ? `,\n        <a href="${source}">the source of all this</a>` : '';
// As an attribute: the page shows how its models are built.
const config = (name) => readFileSync(join(npm, 'models', name, 'config.json'), 'utf8');
const configs = Object.fromEntries(MODELS.map((name) => [name, config(name)]));
const attribute = JSON.stringify(configs).replaceAll('&', '&amp;').replaceAll('"', '&quot;');
const filled = Object.entries({ '{{CONFIGS}}': attribute, '{{CSP}}': POLICY, '<!-- {{PRELOAD}} -->': preload, '<!-- {{PREVIEW}} -->': preview, '<!-- {{SOURCE}} -->': link });
writeFileSync(join(to, 'index.html'), filled.reduce((text, [mark, by]) => text.replace(mark, () => by), html));

// A cache of its own for each build: its name is a hash of what is in it.
const files = readdirSync(to, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.d.ts') && !['config.json', 'preview.png'].includes(entry.name))
  .map((entry) => relative(to, join(entry.parentPath, entry.name)).split(sep).join('/'))
  .sort();
// The default model comes at once, others when somebody asks for them; of the programs a browser takes one.
const later = files.filter((file) => file.includes('/models/') && !file.includes(`/models/${MODELS[0]}/`));
const hash = createHash('sha256');
let [count, size, packed] = [0, 0, 0];
for (const file of files) {
  const bytes = readFileSync(join(to, file));
  hash.update(file).update(bytes);
  if (later.includes(file) || file.endsWith(`/${PROGRAMS[0]}`)) continue;
  count++;
  size += bytes.length;
  packed += gzipSync(bytes).length;
}
const version = hash.digest('hex').slice(0, 12);
const worker = await script(join(from, 'service-worker.js'));
const atOnce = files.filter((file) => !later.includes(file));
const list = `const VERSION = '${version}';\nconst FILES = ${JSON.stringify(atOnce, null, 2)};\nconst LATER = ${JSON.stringify(later)};\n\n`;
writeFileSync(join(to, 'service-worker.js'), list + worker);
console.log(`the page: ${count} files, ${(size / 1e6).toFixed(2)} MB, ${(packed / 1e6).toFixed(2)} MB gzipped (first load)`);
