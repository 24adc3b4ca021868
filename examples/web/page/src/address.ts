/** The page's address, whose fragment holds the puzzle. */

/** Milliseconds of quiet before the address changes: browsers limit how often it may. */
const QUIET = 250;

/** Returns the fragment, decoded where it can be. */
export function fragment(): string {
  const text = location.hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Returns a function that calls `save` and puts the link that it returns into the address: at once after a time of quiet, so
 * that who reloads the page keeps the last edit, and else once it has not been called for a while.
 */
export function addressed(save: () => string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let called = -Infinity;
  const now = () => history.replaceState(null, '', `#${save()}`);
  return () => {
    const isQuiet = performance.now() - called > 4 * QUIET;
    called = performance.now();
    clearTimeout(timer);
    if (isQuiet) now();
    else timer = setTimeout(now, QUIET);
  };
}
