// Draws the page's pictures in docs/ anew: node tests/browser/pictures.mjs
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

const pictures = [
  ['page', '', thought, { ...desk, colorScheme: 'light' }],
  ['page-thinking-dark', '', thought, { ...phone, colorScheme: 'dark' }],
  ['page-tries-dark', `#${ESCARGOT}`, tries, { ...desk, viewport: { width: 1180, height: 760 }, colorScheme: 'dark' }],
  ['page-gallery', '', (page) => page.click('[data-gallery]'), { ...phone, colorScheme: 'light' }],
];
for (const [name, address, act, options] of pictures) {
  const { page, context } = await tab(chromium, options);
  await page.goto(site.url + address);
  await ready(page);
  await act(page);
  await page.evaluate(() => (document.activeElement.blur(), scrollTo(0, 0)));
  await page.waitForTimeout(500);
  await page.screenshot({ path: new URL(`../../docs/${name}.png`, import.meta.url).pathname });
  await context.close();
}
await Promise.all([chromium.close(), site.stop()]);
