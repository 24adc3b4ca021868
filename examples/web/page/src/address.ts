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

/** Returns a function that calls `save` once it has not been called for a while, and puts the link that it returns into the address. */
export function addressed(save: () => string): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = () => {
    clearTimeout(timer);
    timer = undefined;
    history.replaceState(null, '', `#${save()}`);
  };
  // Who leaves or reloads the page does not wait for quiet.
  addEventListener('pagehide', () => {
    if (timer !== undefined) now();
  });
  return () => {
    clearTimeout(timer);
    timer = setTimeout(now, QUIET);
  };
}
