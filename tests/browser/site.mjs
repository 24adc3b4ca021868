// What the tests of page and package share: the built page on a server, and a browser tab that is watched.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { start } from '../../examples/web/serve.mjs';

/** Solved in one segment. */
export const EASY = '7...5498.2..9781.649.6.2.37847.2....9.24...78..5.8.4.1..9547..3.2.8.371..7..61..5';
export const EASY_ANSWER = '761354982253978146498612537847126359912435678635789421189547263526893714374261895';
/** Not solved in sixteen. */
export const DEEP = '.6..97.1.......4..3...6.......8...9..3......48972..3..5.87.........1..4...1...2.5';

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Chromium, with a WebGPU adapter in software or with none. */
export function browser({ webgpu = false } = {}) {
  const args = webgpu ? [...FLAGS, '--enable-unsafe-webgpu'] : FLAGS;
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

/** The built page on a server that ends with the tests of `t`'s file. */
export { start };

/** A tab; `said` collects what it says on the console, errors that nobody caught among it. */
export async function tab(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => {
    // The browser's own word where WebGPU is there and no adapter.
    if (message.text() === 'No available adapters.') return;
    if (['error', 'warning', 'assert'].includes(message.type())) said.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => said.push(`uncaught: ${error}`));
  return { context, page, said };
}

/** An empty page of the site, from which the package can be imported. */
export async function blank(browser, site, options) {
  const opened = await tab(browser, options);
  await opened.page.route(`${site.url}blank`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>blank</title><link rel="icon" href="data:,">' }),
  );
  await opened.page.goto(`${site.url}blank`);
  return opened;
}

/** Waits until a page has so many Workers: they end a little after they were told to. */
export async function workers(page, count) {
  for (let i = 0; i < 100 && page.workers().length !== count; i++) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(page.workers().length, count, 'Workers of the page');
}

/** Runs a function with the package in a page; what it throws comes back as data. */
export function using(page, work, argument) {
  const code = `async (argument) => {
    const hrm = await import('/hrm-webgpu/dist/index.js');
    try {
      return { value: await (${work})(hrm, argument) };
    } catch (error) {
      const type = Object.keys(hrm).find((name) => hrm[name] === error.constructor);
      return { error: { type, name: error.name, message: error.message, hint: error.hint, puzzle: error.puzzle } };
    }
  }`;
  return page.evaluate(`(${code})(${JSON.stringify(argument)})`);
}

/** Waits until the page could solve. */
export function ready(page) {
  return page.waitForFunction(() => document.querySelector('#solve').ariaDisabled !== 'true', undefined, { timeout: 60_000 });
}

/** Waits for a headline. */
export function headline(page, text) {
  return page.waitForFunction((text) => document.querySelector('#headline').textContent === text, text, { timeout: 60_000 });
}

/** The grid on the board, a mark a cell. */
export function grid(page) {
  return page.$$eval('[role=gridcell]', (cells) => cells.map((cell) => cell.textContent || '.').join(''));
}

export function silent(said) {
  assert.deepEqual(said, [], 'the console stays free of errors and warnings');
}
