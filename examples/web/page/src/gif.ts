/** Writes animated GIFs: frames of colour numbers over one palette, compressed as the format wants it (LZW). */

export interface Frame {
  /** A number of the palette for each pixel, row by row. */
  pixels: Uint8Array;
  /** How long it stays, in milliseconds. */
  ms: number;
}

/** The format's limits: bits of a code, and bytes of a block. */
const [MOST_BITS, BLOCK] = [12, 255];

/** Returns the file. The palette has three bytes a colour, of 256 at most; the animation starts over when it is through. */
export function gif(width: number, height: number, palette: Uint8Array, frames: readonly Frame[]): Blob {
  const short = (value: number) => [value & 255, value >> 8];
  const bits = Math.max(2, Math.ceil(Math.log2(palette.length / 3)));
  const colours = new Uint8Array(3 << bits);
  colours.set(palette);
  const head = [...text('GIF89a'), ...short(width), ...short(height), 0xf0 | (bits - 1), 0, 0];
  const loop = [0x21, 0xff, 11, ...text('NETSCAPE2.0'), 3, 1, 0, 0, 0];
  const parts: BlobPart[] = [Uint8Array.from(head), colours, Uint8Array.from(loop)];
  for (const { pixels, ms } of frames) {
    const control = [0x21, 0xf9, 4, 4, ...short(Math.round(ms / 10)), 0, 0];
    const place = [0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0, bits];
    parts.push(Uint8Array.from([...control, ...place]), blocks(compress(pixels, bits)));
  }
  return new Blob([...parts, Uint8Array.of(0x3b)], { type: 'image/gif' });
}

function text(ascii: string): number[] {
  return Array.from(ascii, (character) => character.charCodeAt(0));
}

/** Codes stand for runs that came before; each run and the pixel after it become the next code, until codes are too long. */
function compress(pixels: Uint8Array, bits: number): number[] {
  const [clear, end] = [1 << bits, (1 << bits) + 1];
  const bytes: number[] = [];
  let [held, count, size, next] = [0, 0, bits + 1, end + 1];
  const write = (code: number) => {
    held |= code << count;
    for (count += size; count >= 8; count -= 8) {
      bytes.push(held & 255);
      held >>>= 8;
    }
  };
  /** The code of a run and a pixel after it. */
  let known = new Map<number, number>();
  write(clear);
  let run = pixels[0] ?? 0;
  for (let at = 1; at < pixels.length; at++) {
    const pixel = pixels[at] ?? 0;
    const longer = (run << 8) | pixel;
    const code = known.get(longer);
    if (code !== undefined) {
      run = code;
      continue;
    }
    write(run);
    run = pixel;
    if (next === 1 << MOST_BITS) {
      write(clear);
      known = new Map();
      [size, next] = [bits + 1, end + 1];
      continue;
    }
    known.set(longer, next);
    if (next === 1 << size) size++;
    next++;
  }
  write(run);
  // Who reads has one code more by now.
  if (next === 1 << size && size < MOST_BITS) size++;
  write(end);
  if (count > 0) bytes.push(held & 255);
  return bytes;
}

function blocks(bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(bytes.length + Math.ceil(bytes.length / BLOCK) + 1);
  for (let from = 0, to = 0; from < bytes.length; from += BLOCK, to += BLOCK + 1) {
    const some = bytes.slice(from, from + BLOCK);
    made[to] = some.length;
    made.set(some, to + 1);
  }
  return made;
}

/**
 * Finds a palette for pictures of four bytes a pixel, by how often colours occur, and the pictures in its numbers. Colours
 * that are hardly different become the one among them that occurs most.
 */
export function quantise(pictures: readonly Uint8ClampedArray[]): { palette: Uint8Array; pixels: Uint8Array[] } {
  const exact = (data: Uint8ClampedArray, at: number) => ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
  const counts = new Map<number, number>();
  for (const data of pictures) {
    let [colour, from] = [exact(data, 0), 0];
    // Most neighbours are alike.
    for (let at = 4; at <= data.length; at += 4) {
      const next = at < data.length ? exact(data, at) : -1;
      if (next === colour) continue;
      counts.set(colour, (counts.get(colour) ?? 0) + (at - from) / 4);
      [colour, from] = [next, at];
    }
  }
  const rough = (colour: number) => colour & 0xf8f8f8;
  const groups = new Map<number, { colour: number; count: number }>();
  for (const [colour, count] of [...counts].sort(([, a], [, b]) => b - a)) {
    const same = groups.get(rough(colour));
    if (same) same.count += count;
    else groups.set(rough(colour), { colour, count });
  }
  const parts = (colour: number) => [colour >> 16, (colour >> 8) & 255, colour & 255];
  const apart = (a: number[], b: number[]) => a.reduce((sum, one, i) => sum + (one - (b[i] ?? 0)) ** 2, 0);
  const chosen = [...groups.values()].sort((a, b) => b.count - a.count).slice(0, 256).map(({ colour }) => parts(colour));
  const nearest = (colour: number) => chosen.reduce((best, one, i) => (apart(one, parts(colour)) < apart(chosen[best] ?? [], parts(colour)) ? i : best), 0);
  const numbers = new Map([...groups].map(([key, { colour }]) => [key, nearest(colour)]));
  const pixels = pictures.map((data) => Uint8Array.from({ length: data.length / 4 }, (_, i) => numbers.get(rough(exact(data, 4 * i))) ?? 0));
  return { palette: Uint8Array.from(chosen.flat()), pixels };
}
