/** Settings that are remembered until the next visit, on this machine only. */

import type { DeviceChoice, RunOptions } from './hrm-webgpu/dist/index.js';
import { find, tasks } from './tasks/index.js';

type Halt = NonNullable<RunOptions['halt']>;

const NAME = 'hrm';
export const DEVICES: readonly DeviceChoice[] = ['auto', 'webgpu', 'cpu'];
export const HALTS: readonly Halt[] = ['valid', 'learned', 'stable', 'still', 'fixed'];
export const MOST_SEGMENTS = 512;
export const MOST_TRIES = 64;

/** Milliseconds between two segments of a playback. */
export const PACES = { slow: 1400, normal: 700, fast: 200 } as const;
export type Pace = keyof typeof PACES;
export const LOOKS = ['system', 'light', 'dark'] as const;
export type Look = (typeof LOOKS)[number];

export interface Settings {
  device: DeviceChoice;
  halt: Halt;
  /** Most segments; undefined for what the model was trained for. */
  segments: number | undefined;
  /** Most tries; undefined for what suits the task. */
  tries: number | undefined;
  pace: Pace;
  look: Look;
  /** Whether the cursor moves on once a cell is filled. */
  moves: boolean;
  /** Whether cells show their candidates. */
  candidates: boolean;
  /** Whether digits stand on colours, and whether these are ten that everybody tells apart. */
  digits: boolean;
  safe: boolean;
  /** Whether a model is asked about tasks that it does not know by name. */
  unknown: boolean;
  /** The name of the task that was shown. */
  task: string;
  /** The puzzles on the boards, by task. */
  boards: Record<string, string>;
}

/** Returns the remembered settings, leaving out anything that makes no sense. */
export function remembered(): Settings {
  let data: Partial<Record<keyof Settings, unknown>> = {};
  try {
    data = JSON.parse(localStorage.getItem(NAME) ?? '{}') ?? {};
  } catch {
    // Storage is forbidden, or holds something else.
  }
  const whole = (value: unknown, most: number) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most ? value : undefined;
  const boards = Object.entries(data.boards ?? {}).filter(([, board]) => typeof board === 'string');
  return {
    device: DEVICES.find((device) => device === data.device) ?? 'auto',
    halt: HALTS.find((halt) => halt === data.halt) ?? 'valid',
    segments: whole(data.segments, MOST_SEGMENTS),
    tries: whole(data.tries, MOST_TRIES),
    pace: paceOf(data.pace) ?? 'normal',
    look: LOOKS.find((look) => look === data.look) ?? 'system',
    moves: data.moves !== false,
    candidates: data.candidates !== false,
    digits: data.digits === true,
    safe: data.safe === true,
    unknown: data.unknown === true,
    task: (find(data.task) ?? tasks[0]).name,
    boards: Object.fromEntries(boards),
  };
}

export function paceOf(name: unknown): Pace | undefined {
  return (Object.keys(PACES) as Pace[]).find((pace) => pace === name);
}

export function remember(settings: Settings): void {
  try {
    localStorage.setItem(NAME, JSON.stringify(settings));
  } catch {
    // If this fails, the settings are forgotten.
  }
}
