// The one static site: the page, and the documentation of every interface, from what other checks have built.
//   node docs/site/build.mjs [ADDRESS SOURCE]
// ADDRESS is where the site will stand, SOURCE where the repository's files are read (…/blob/main/); without them links to
// files of the repository are left out. Writes target/site. Needs examples/web/build, `cargo doc` and `cargo build` first.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, posix, relative } from 'node:path';
import { Marked } from '../../examples/web/tools/node_modules/marked/lib/marked.esm.js';
import { check } from './links.mjs';

const root = join(import.meta.dirname, '../..');
const to = join(root, 'target/site');
const [address, source] = process.argv.slice(2);
const hrm = join(root, 'target/debug', process.platform === 'win32' ? 'hrm.exe' : 'hrm');
for (const [needed, how] of [
  ['examples/web/dist/index.html', 'examples/web/build'],
  ['target/doc/hrm/index.html', 'cargo doc --workspace --exclude hrm-web --no-deps'],
  [relative(root, hrm), 'cargo build'],
]) {
  if (existsSync(join(root, needed))) continue;
  console.error(`error: ${needed} is missing: ${how}`);
  process.exit(3);
}

/** Documents of the repository and their places on the site, by what they are about. */
const BOOK = {
  'README.md': 'about.html', 'ARCHITECTURE.md': 'architecture.html', 'CHANGELOG.md': 'changelog.html', 'SECURITY.md': 'security.html',
  'docs/guide.md': 'guide.html', 'docs/arc.md': 'arc.html', 'docs/halting.md': 'halting.html', 'docs/glossary.md': 'glossary.html',
  'docs/specification.md': 'specification.html', 'docs/performance.md': 'performance.html', 'docs/reproduce.md': 'reproduce.html',
  'docs/design.md': 'design.html', 'crates/web/npm/README.md': 'javascript/index.html', 'examples/web/react/README.md': 'javascript/react.html',
  'docs/python.md': 'python/index.html',
};
const book = Object.fromEntries(Object.entries(BOOK).filter(([from]) => existsSync(join(root, from))));
const sections = [
  ['play/index.html', 'Play', 'the page: a network thinks about your Sudoku or maze'],
  ['guide.html', 'Guide', 'what it reads, when it stops, how it is looked into'],
  ['command/index.html', 'Command', 'the manual of <code>hrm</code>'],
  ['rust/hrm/index.html', 'Rust', 'the crate <code>hrm</code>'],
  ['javascript/index.html', 'JavaScript', 'the package <code>hrm-webgpu</code>'],
  ...(book['docs/python.md'] ? [['python/index.html', 'Python', 'the package <code>hrm-runtime</code>']] : []),
];

// The page shows others a preview, and links to its source, where it knows where they are.
if (address) {
  execFileSync(process.execPath, [join(root, 'examples/web/page.mjs'), new URL('play/', address).href, source.replace(/blob\/.*$/, '')]);
}
rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
cpSync(join(root, 'examples/web/dist'), join(to, 'play'), { recursive: true });
cpSync(join(root, 'target/doc'), join(to, 'rust'), { recursive: true, filter: (path) => basename(path) !== '.lock' });
cpSync(join(import.meta.dirname, 'style.css'), join(to, 'style.css'));
cpSync(join(root, 'examples/web/page/icon.svg'), join(to, 'icon.svg'));

for (const [from, place] of Object.entries(book)) write(place, markdown(from, place));
write('index.html', markdown('docs/site/index.md', 'index.html'));
manuals();
declarations();
check(to);

/** Writes a page of the site. */
function write(place, body) {
  const up = '../'.repeat(place.split('/').length - 1);
  const links = sections.map(([at, name]) => `<a href="${up}${at}"${at === place ? ' aria-current="page"' : ''}>${name}</a>`);
  const title = body.match(/<h1[^>]*>([^]*?)<\/h1>/)?.[1].replace(/<[^>]*>/g, '') ?? 'hrm';
  const canonical = address ? `\n<link rel="canonical" href="${new URL(place.replace(/index\.html$/, ''), address)}">` : '';
  mkdirSync(dirname(join(to, place)), { recursive: true });
  writeFileSync(
    join(to, place),
    `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title === 'hrm' ? title : `${title} · hrm`}</title>
<link rel="icon" href="${up}icon.svg">
<link rel="stylesheet" href="${up}style.css">${canonical}
<nav><a href="${up}index.html">hrm</a>${links.join('')}</nav>
<main>
${body}</main>
</html>
`,
  );
}

/** A document as HTML: links lead to other documents of the site, to the repository, or nowhere. */
function markdown(from, place) {
  const slugs = new Map();
  const renderer = {
    heading({ tokens, depth, text }) {
      // As GitHub names them, since documents refer to these.
      let slug = text.toLowerCase().replace(/<[^>]*>/g, '').replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
      const seen = slugs.get(slug) ?? 0;
      slugs.set(slug, seen + 1);
      if (seen) slug += `-${seen}`;
      return `<h${depth} id="${slug}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      const at = target(href);
      return at === undefined ? text : `<a href="${escaped(at)}">${text}</a>`;
    },
    image({ href, text }) {
      const path = posix.join(posix.dirname(from), href);
      const name = `pictures/${posix.basename(path)}`;
      mkdirSync(join(to, 'pictures'), { recursive: true });
      cpSync(join(root, path), join(to, name));
      return `<img src="${posix.relative(posix.dirname(place), name)}" alt="${escaped(text)}">`;
    },
  };
  const target = (href) => {
    if (/^(https?:|#)/.test(href)) return href;
    const [path, anchor] = href.split('#');
    const file = posix.join(posix.dirname(from), path).replace(/\/$/, '');
    const known = book[file] ?? book[`${file}/README.md`] ?? (file === 'examples/web' ? 'play/index.html' : file.startsWith('SITE') && file.slice(5));
    const end = anchor ? `#${anchor}` : '';
    if (known) return posix.relative(posix.dirname(place), known) + end;
    if (!existsSync(join(root, file))) throw new Error(`${from}: ${href} leads nowhere`);
    return source && new URL(file, source).href;
  };
  // On GitHub a document of this folder cannot know the site's places: it names them SITE/…
  const text = readFileSync(join(root, from), 'utf8').replaceAll('](SITE/', `](${'../'.repeat(from.split('/').length - 1)}SITE/`);
  return new Marked({ renderer }).parse(text);
}

/** The manual pages as the command writes them. */
function manuals() {
  const page = (...command) => manual(execFileSync(hrm, ['man', ...command], { encoding: 'utf8' }));
  const names = [];
  const all = page().replace(/<dt>hrm-([a-z]+)\(1\)/g, (_, name) => {
    if (name === 'help') return '<dt>hrm help';
    names.push(name);
    return `<dt><a href="${name}.html">hrm ${name}</a>`;
  });
  write('command/index.html', all);
  for (const name of names) write(`command/${name}.html`, page(name));
}

/** Manual pages as HTML: of troff what clap_mangen uses. */
function manual(troff) {
  const inline = (text) =>
    escaped(text.replaceAll('\\*(Aq', "'").replaceAll('\\(aq', "'").replaceAll('\\(bu', '•').replace(/\\([-&.])/g, (_, c) => (c === '&' ? '' : c)))
      .replace(/\\fB(.*?)\\f[RP]/g, '<b>$1</b>').replace(/\\fI(.*?)\\f[RP]/g, '<i>$1</i>');
  let [html, open, next] = ['', '', false];
  const close = (kind = '') => {
    if (open !== kind) html += (open && `</${open}>\n`) + (kind && `<${kind}>\n`);
    open = kind;
  };
  for (const line of troff.split('\n')) {
    const [, macro, rest = ''] = line.match(/^\.(\S+) ?(.*)$/) ?? [];
    if (macro === 'TH') html += `<h1>${inline(rest.split(' ')[0].toLowerCase().replace('-', ' '))}</h1>\n`;
    else if (macro === 'SH') close(), (html += `<h2>${inline(rest)}</h2>\n`);
    else if (macro === 'TP') close('dl'), (next = true);
    else if (macro === 'IP') html += '<br>• ';
    else if (macro === 'br' || macro === 'PP') html += '<br>';
    else if (macro === 'nf') close('pre');
    else if (macro === 'fi') close();
    else if (macro || (line.trim() === '' && open !== 'pre')) continue;
    else if (next) (html += `<dt>${inline(line)}</dt>\n<dd>`), (next = false);
    else html += `${inline(line)}\n`;
  }
  close();
  return html;
}

/** What TypeScript knows of the package. */
function declarations() {
  const dist = join(root, 'crates/web/npm/dist');
  const parts = [['Solver', 'solver.d.ts'], ['Options', 'types.d.ts'], ['What comes back', 'core/types.d.ts'], ['Errors', 'errors.d.ts']];
  const text = parts.map(([name, file]) => {
    const code = readFileSync(join(dist, file), 'utf8').replace(/^(import|export (\{|type \{)|\/\/\/).*\n/gm, '').replace(/ {4}#private;\n|^ {4}private .*\n/gm, '').trim();
    return `<h2>${name}</h2>\n<pre><code>${escaped(code)}</code></pre>\n`;
  });
  write('javascript/reference.html', `<h1>hrm-webgpu: every type</h1>\n<p>As the package declares them, after <a href="index.html">what it is</a>.</p>\n${text.join('')}`);
  const index = join(to, 'javascript/index.html');
  const more = '<p><a href="reference.html">Every type</a>, and <a href="react.html">an example in React</a>.</p>\n</main>';
  writeFileSync(index, readFileSync(index, 'utf8').replace('</main>', more));
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark]);
}

const count = readdirSync(to, { recursive: true }).filter((file) => file.endsWith('.html')).length;
console.log(`target/site: ${count} pages, every link among them leads somewhere`);
