/** A sequence of colours from little to much, whose lightness grows evenly for everybody: cividis. */

type Rgb = readonly [red: number, green: number, blue: number];

const STOPS: readonly Rgb[] = [[0, 32, 77], [65, 77, 107], [124, 123, 120], [188, 175, 111], [255, 234, 70]];

/** Returns the colour of a part between 0 and 1. */
export function ramp(part: number): Rgb {
  const at = Math.min(Math.max(part, 0), 1) * (STOPS.length - 1);
  const [from, to] = [STOPS[Math.floor(at)] ?? STOPS[0], STOPS[Math.ceil(at)] ?? STOPS[0]] as [Rgb, Rgb];
  const mix = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * (at % 1));
  return [mix(0), mix(1), mix(2)];
}

/** Returns the colour as style sheets write it, and black or white, whichever is easier to read on it. */
export function styled(part: number): { ground: string; ink: string } {
  const rgb = ramp(part);
  const [red, green, blue] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const isLight = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
  return { ground: `rgb(${rgb.join(' ')})`, ink: isLight ? '#000' : '#fff' };
}
