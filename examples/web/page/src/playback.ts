/** Moves the segment that is shown on, at its own speed. */

import { PACES, type Settings } from './settings.js';
import type { Thinking } from './thinking.js';

/** Milliseconds between two segments while the page shows itself, enough to read a sentence. */
const SHOWING = 1100;

/** Whether the visitor's system asks for less motion. */
export const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class Playback {
  /** Whether the page shows itself. */
  isShowing = false;
  readonly #settings: Readonly<Settings>;
  readonly #shown: () => Thinking | undefined;
  readonly #draw: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #moved = 0;

  /** Takes the settings with the pace, the solve that is shown, and what draws it. */
  constructor(settings: Readonly<Settings>, shown: () => Thinking | undefined, draw: () => void) {
    [this.#settings, this.#shown, this.#draw] = [settings, shown, draw];
  }

  /** Sees to it that a playback that runs moves on. */
  run(): void {
    const thinking = this.#shown();
    if (!thinking?.playing || this.#timer !== undefined) return;
    const isHurried = calm.matches && !thinking.isWanted;
    const pace = isHurried ? 0 : this.isShowing ? SHOWING : PACES[this.#settings.pace];
    const turn = () => {
      this.#timer = undefined;
      if (!thinking.tick()) return;
      this.#moved = performance.now();
      if (!thinking.playing) this.isShowing = false;
      this.#draw();
      this.run();
    };
    this.#timer = setTimeout(turn, Math.max(0, this.#moved + pace - performance.now()));
  }
}
