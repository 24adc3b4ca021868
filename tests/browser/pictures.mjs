// Draws the page's pictures in docs/ anew: node tests/browser/pictures.mjs
import { writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { browser, headline, ready, start, tab } from './site.mjs';

const [site, chromium] = await Promise.all([start(), browser()]);
const calm = { reducedMotion: 'reduce' };
const desk = { viewport: { width: 1280, height: 800 }, ...calm };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, ...calm };
/** A famous puzzle that takes several tries. */
const ESCARGOT = '1....7.9..3..2...8..96..5....53..9...1..8...26....4...3......1..4......7..7...3..';

/** The opening puzzle, as it was after three segments. */
async function thought(page) {
  await page.click('#solve');
  await headline(page, 'Solved');
  await page.click('#first');
  for (let i = 0; i < 3; i++) await page.click('#on');
  await page.waitForFunction(() => document.querySelector('#pencil').childElementCount > 0);
}

/** All tries at a puzzle, of which one is solved. */
async function tries(page) {
  await page.click('#solve');
  await headline(page, 'Not solved');
  await page.click('#variants');
  await headline(page, 'Solved');
}

/** The states in the middle of the opening puzzle. */
async function inside(page) {
  await page.click('#solve');
  await headline(page, 'Solved');
  await page.click('#mind summary');
  await page.waitForSelector('#mind-views:not([hidden])');
  await page.click('#first');
  for (let i = 0; i < 5; i++) await page.click('#on');
}

/** What the model would write, to one who plays. */
async function hint(page) {
  for (const digit of ['no', 'yes']) {
    await page.click('#brushes [data-hint]');
    await page.waitForFunction((told) => document.querySelector('.hinted')?.dataset.hint.endsWith(told), digit === 'yes' ? '?' : '');
  }
}

/** Makes a picture small: the page's own palette of 256 colours, and one byte a pixel. */
async function small(page, png) {
  const { width, height, palette, pixels } = await page.evaluate(async (base64) => {
    const { quantise } = await import('/gif.js');
    const image = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))]));
    const ink = new OffscreenCanvas(image.width, image.height).getContext('2d');
    ink.drawImage(image, 0, 0);
    const found = quantise([ink.getImageData(0, 0, image.width, image.height).data]);
    const text = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    return { width: image.width, height: image.height, palette: btoa(text(found.palette)), pixels: btoa(text(found.pixels[0])) };
  }, png.toString('base64'));
  const rows = Buffer.alloc((width + 1) * height);
  const bytes = Buffer.from(pixels, 'base64');
  for (let y = 0; y < height; y++) bytes.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 9, memLevel: 9 });
  return Buffer.concat([signature, chunk('IHDR', head), chunk('PLTE', Buffer.from(palette, 'base64')), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

const pictures = [
  ['page', '', thought, { ...desk, colorScheme: 'light' }],
  ['page-thinking-dark', '', thought, { ...phone, colorScheme: 'dark' }],
  ['page-tries-dark', `#${ESCARGOT}`, tries, { ...desk, viewport: { width: 1280, height: 860 }, colorScheme: 'dark' }],
  ['page-inside', '', inside, { ...desk, viewport: { width: 1180, height: 1100 }, colorScheme: 'light' }],
  ['page-inside-dark', '', inside, { ...phone, colorScheme: 'dark' }],
  ['page-hint', '', hint, { ...phone, colorScheme: 'light' }],
  ['page-gallery', '', (page) => page.click('[data-gallery]'), { ...phone, colorScheme: 'light' }],
];
for (const [name, address, act, options] of pictures) {
  const { page, context } = await tab(chromium, options);
  await page.goto(site.url + address);
  await ready(page);
  await act(page);
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement.blur(), scrollTo(0, 0)));
  // On a telephone the states are further down.
  if (name === 'page-inside-dark') await page.locator('#mind').evaluate((mind) => mind.scrollIntoView());
  await page.waitForTimeout(500);
  writeFileSync(new URL(`../../docs/${name}.png`, import.meta.url), await small(page, await page.screenshot()));
  await context.close();
}
await Promise.all([chromium.close(), site.stop()]);
