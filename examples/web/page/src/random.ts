/** What chance decides, and days. */

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
