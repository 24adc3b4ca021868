/** Random numbers that a seed decides, so that a day has the same puzzle everywhere. */

/** Returns numbers from 0 to below 1, as mulberry32 gives them. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns an element of a list, undefined of an empty one. */
export function pick<T>(list: readonly T[], random: () => number): T | undefined {
  return list[Math.floor(random() * list.length)];
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const rest = [...list];
  for (let last = rest.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = rest[last] as T;
    rest[last] = rest[other] as T;
    rest[other] = kept;
  }
  return rest;
}

/** Returns the number of a date's day, which begins at midnight where the visitor is. */
export function dayOf(date: Date): number {
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}
