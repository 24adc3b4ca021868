// What can be saved of a solve: pictures and animations, decoded again, and data.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { blank, browser, DEEP, EASY, headline, ready, silent, start, tab, using } from './site.mjs';

let site, cpu;
before(async () => {
  [site, cpu] = await Promise.all([start(), browser()]);
});
after(() => Promise.all([site?.stop(), cpu?.close()]));

const calm = { reducedMotion: 'reduce' };

test('a GIF of any size and any number of colours is read back as it was', async () => {
  const { page, context } = await blank(cpu, site);
  const { value, error } = await using(page, async () => {
    const { gif } = await import('/gif.js');
    let state = 11;
    const random = () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
    const wrong = [];
    let frames = 0;
    const sizes = [[1, 1], [1, 7], [3, 2], [17, 31], [64, 64], [200, 150]];
    for (const colours of [1, 2, 3, 4, 5, 16, 200, 256]) {
      const palette = Uint8Array.from({ length: 3 * colours }, (_, i) => (i % 3 === 0 ? Math.floor(i / 3) : Math.floor(random() * 256)));
      for (const [width, height] of sizes) {
        // Noise fills the table of codes and has it begun again, one colour gives the longest runs.
        const kinds = [() => Math.floor(random() * colours), () => colours - 1, (_, i) => Math.floor(i / 5) % colours];
        const pictures = kinds.map((kind) => Uint8Array.from({ length: width * height }, kind));
        const file = gif(width, height, palette, pictures.map((pixels, i) => ({ pixels, ms: 100 * (i + 1) })));
        const decoder = new ImageDecoder({ data: await file.arrayBuffer(), type: 'image/gif' });
        await decoder.tracks.ready;
        await decoder.completed;
        const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
        if (frameCount !== 3 || repetitionCount !== Infinity) wrong.push([colours, width, height, frameCount, String(repetitionCount)]);
        for (const [frameIndex, pixels] of pictures.entries()) {
          const { image } = await decoder.decode({ frameIndex });
          const canvas = new OffscreenCanvas(width, height).getContext('2d');
          canvas.drawImage(image, 0, 0);
          const { data } = canvas.getImageData(0, 0, width, height);
          const isSame = pixels.every((number, i) => [0, 1, 2].every((part) => data[4 * i + part] === palette[3 * number + part]) && data[4 * i + 3] === 255);
          if (!isSame || image.duration !== 100_000 * (frameIndex + 1)) wrong.push([colours, width, height, frameIndex, image.duration]);
          image.close();
          frames++;
        }
        decoder.close();
      }
    }
    return { wrong, frames };
  });
  assert.equal(error, undefined);
  assert.deepEqual(value, { wrong: [], frames: 8 * 6 * 3 });
  await context.close();
});

test('every length of a short run is read back: codes grow where the reader expects it', async () => {
  const { page, context } = await blank(cpu, site);
  const { value, error } = await using(page, async () => {
    const { gif } = await import('/gif.js');
    let state = 5;
    const random = () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
    const wrong = [];
    const palette = Uint8Array.from([0, 0, 0, 250, 10, 10, 10, 250, 10, 10, 10, 250]);
    const noise = Uint8Array.from({ length: 1200 }, () => Math.floor(random() * 4));
    // A code too narrow or too wide at the very end would be the next frame's.
    for (let length = 1; length <= 1200; length += length < 90 ? 1 : 37) {
      const file = gif(length, 1, palette, [{ pixels: noise.subarray(0, length), ms: 50 }, { pixels: noise.subarray(0, length), ms: 50 }]);
      const bitmap = await createImageBitmap(file);
      const canvas = new OffscreenCanvas(length, 1).getContext('2d');
      canvas.drawImage(bitmap, 0, 0);
      const { data } = canvas.getImageData(0, 0, length, 1);
      if (!noise.subarray(0, length).every((number, i) => data[4 * i] === palette[3 * number] && data[4 * i + 1] === palette[3 * number + 1])) wrong.push(length);
      // Stricter than browsers: the codes themselves, to the end that the format asks for.
      const bytes = new Uint8Array(await file.arrayBuffer());
      let at = 13 + 3 * 4 + 19 + 8 + 10 + 1;
      const codes = [];
      for (; bytes[at] > 0; at += bytes[at] + 1) codes.push(...bytes.subarray(at + 1, at + 1 + bytes[at]));
      let [bit, size, known, last] = [0, 3, 6, false];
      const read = () => Array.from({ length: size }, () => (codes[bit >> 3] >> (bit++ & 7)) & 1).reduce((sum, one, i) => sum | (one << i), 0);
      let code = read();
      if (code !== 4) wrong.push(['clear', length]);
      for (let isFirst = true; (code = read()) !== 5; isFirst = false) {
        if (!isFirst && ++known === 1 << size && size < 12) size++;
        if (bit > 8 * codes.length) { last = true; break; }
      }
      if (last || Math.ceil(bit / 8) !== codes.length) wrong.push(['end', length]);
    }
    return wrong;
  });
  assert.equal(error, undefined);
  assert.deepEqual(value, []);
  await context.close();
});

/** Saves a form of the dialog; returns its name and bytes. */
async function save(page, title) {
  await page.click('#save');
  const coming = page.waitForEvent('download');
  await page.click(`#saves button:has-text("${title}")`);
  const download = await coming;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Decodes a picture in the page: its frames, and some pixels of each as shares of a board's side. */
function decoded(page, bytes, type) {
  return page.evaluate(async ([base64, type]) => {
    const data = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    const decoder = new ImageDecoder({ data, type });
    await decoder.tracks.ready;
    await decoder.completed;
    const frames = [];
    for (let frameIndex = 0; frameIndex < decoder.tracks.selectedTrack.frameCount; frameIndex++) {
      const { image } = await decoder.decode({ frameIndex });
      const { displayWidth: width, displayHeight: height } = image;
      const ink = new OffscreenCanvas(width, height).getContext('2d');
      ink.drawImage(image, 0, 0);
      const { data } = ink.getImageData(0, 0, width, height);
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum = (sum * 31 + data[i]) >>> 0;
      frames.push({ width, height, sum, corner: [...data.slice(0, 3)], ms: (image.duration ?? 0) / 1000 });
      image.close();
    }
    return frames;
  }, [bytes.toString('base64'), type]);
}

for (const colorScheme of ['light', 'dark']) {
  test(`a solve is saved as a picture, a strip, an animation and data: ${colorScheme}`, async () => {
    const { page, said, context } = await tab(cpu, { ...calm, colorScheme, acceptDownloads: true });
    await page.goto(`${site.url}#${DEEP}`);
    await ready(page);
    await page.click('#solve');
    await headline(page, 'Not solved');
    const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    const board = await save(page, 'The board');
    assert.equal(board.name, 'hrm-sudoku-board.png');
    const [shown] = await decoded(page, board.bytes, 'image/png');
    assert.deepEqual(shown.corner, ground, 'in the colours of the page');
    assert.equal(shown.height, 16 + 936 + 20, 'a line of text, and a legend');
    await page.click('#back');
    const [before] = await decoded(page, (await save(page, 'The board')).bytes, 'image/png');
    assert.notEqual(before.sum, shown.sum, 'of the segment that is shown');
    const strip = await save(page, 'side by side');
    const [sheet] = await decoded(page, strip.bytes, 'image/png');
    assert.equal(sheet.width, 16 + 6 * 316);
    assert.equal(sheet.height, 16 + 3 * 336, 'the question and 16 segments, in three rows of six');
    const film = await save(page, 'animated');
    assert.equal(film.name, 'hrm-sudoku-thinking.gif');
    assert.ok(film.bytes.length < 600_000, `${film.bytes.length} bytes`);
    const frames = await decoded(page, film.bytes, 'image/gif');
    assert.equal(frames.length, 17);
    assert.equal(new Set(frames.map(({ sum }) => sum)).size, 17, 'every frame is another');
    assert.equal(frames.at(-1).ms, 3000);
    assert.deepEqual(frames[0].corner, ground, 'common colours are kept as they are');
    const { bytes } = await save(page, 'as data');
    const told = JSON.parse(bytes.toString());
    assert.deepEqual([told.task, told.puzzle, told.valid, told.segments, told.trace.length], ['sudoku', DEEP, false, 16, 16]);
    assert.deepEqual(Object.keys(told.trace[0]), ['segment', 'grid', 'changed', 'valid', 'q_halt', 'q_continue', 'confidence']);
    assert.equal(told.trace[15].grid, told.answer);
    assert.equal(told.trace[0].changed.length, [...DEEP].filter((mark) => mark === '.').length);
    silent(said);
    await context.close();
  });
}

test('a maze is saved, too, and a puzzle of one segment', async () => {
  const { page, said, context } = await tab(cpu, { ...calm, acceptDownloads: true });
  await page.goto(`${site.url}#${EASY}`);
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  assert.equal((await decoded(page, (await save(page, 'animated')).bytes, 'image/gif')).length, 2);
  await page.click('#tasks [data-name=maze]');
  await ready(page);
  await page.click('#solve');
  await headline(page, 'Solved');
  const { name, bytes } = await save(page, 'The board');
  assert.equal(name, 'hrm-maze-board.png');
  const [{ width, height }] = await decoded(page, bytes, 'image/png');
  assert.deepEqual([width, height], [932, 16 + 936 + 20], 'a line of text, and a legend');
  silent(said);
  await context.close();
});
