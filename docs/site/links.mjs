// Links of a folder of HTML: those to its own files must lead to a file, and to an anchor in it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

/** Throws an error that lists every link that leads nowhere. */
export function check(root) {
  const pages = readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.html'));
  const texts = new Map();
  const text = (file) => texts.get(file) ?? (texts.set(file, readFileSync(file, 'utf8')), texts.get(file));
  const broken = [];
  let links = 0;
  for (const page of pages) {
    // rustdoc has checked its own, which are most: here they are looked at from outside only.
    if (page.startsWith(`rust${sep}`)) continue;
    for (const [, link] of text(join(root, page)).matchAll(/(?:href|src)="([^"]*)"/g)) {
      if (/^(https?:|data:|mailto:)/.test(link)) continue;
      links++;
      const [path, anchor] = link.split('#');
      let file = path ? normalize(join(dirname(join(root, page)), decodeURIComponent(path))) : join(root, page);
      if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
      if (!existsSync(file)) broken.push(`${page}: ${link}: there is no such file`);
      else if (anchor && file.endsWith('.html') && !text(file).includes(`id="${anchor}"`)) broken.push(`${page}: ${link}: the page has no such anchor`);
    }
  }
  if (broken.length > 0) throw new Error(`links that lead nowhere:\n${broken.join('\n')}`);
  if (links === 0) throw new Error(`${root} has no links`);
}
