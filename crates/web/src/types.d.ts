/**
 * Which device to use: "auto" is a real GPU through WebGPU, if there is one and a segment takes no longer on it than on the CPU,
 * and the CPU otherwise.
 */
export type DeviceChoice = "auto" | "webgpu" | "cpu";

/** The device that a model runs on. */
export interface Device {
  kind: "webgpu" | "cpu";
  /** Name as the browser gives it, such as "apple metal-3"; "CPU (wasm)" for the CPU. */
  name: string;
  /** Why "auto" selected the CPU, if it did. */
  reason?: string;
}

/** A device that this browser offers. */
export interface DeviceInfo {
  kind: "webgpu" | "cpu";
  name: string;
  /** Whether it really computes on the processor. */
  software: boolean;
  /** Whether "auto" selects it, as long as the CPU is not faster. */
  auto: boolean;
  /** Why "auto" selects it or not. */
  why: string;
}

/** A model. */
export interface ModelInfo {
  /** Name of the task, as in configurations; null if the model names no known task. */
  task: string | null;
  parameters: number;
  /** Most segments of a try, unless options say otherwise. */
  segments: number;
  /** Cells of a puzzle. */
  seqLen: number;
  /** How the weights are stored. */
  dtype: "f32" | "f16" | "bf16" | "int8";
}

/**
 * A puzzle that stands in a text, in the canonical form of its task, or what is wrong there. Lines count from 1. Where a
 * rule is told by examples (ARC), they are there as texts, an input and its output each, and the name of the task.
 */
export type Reading =
  | { task: string; puzzle: string; line: number; name?: string; examples?: [string, string][]; error?: undefined }
  | { error: string; line: number };

/** A broken rule: a sentence, and the cells that take part, counted row by row from 0. */
export interface Fault {
  message: string;
  cells: number[];
}

/** What the rules say of a puzzle, and of an answer to it. */
export interface Checked {
  task: string;
  /** The puzzle in the canonical form of its task. */
  puzzle: string;
  /**
   * How many solutions the puzzle has; "clash" where its givens contradict each other, "undecided" where the search was
   * given up or nothing but an answer can be judged; null where the task has no rules.
   */
  question: "unique" | "none" | "several" | "clash" | "undecided" | null;
  /** Whether the answer keeps rules and givens; null without an answer, or without rules. */
  valid: boolean | null;
  /** What the answer breaks; without an answer, what clashes in the puzzle. */
  faults: Fault[];
}

/** A new puzzle. */
export interface Made {
  task: string;
  /** The question; where its rule is told by examples (ARC), JSON with these and its name. */
  puzzle: string;
  /** The only answer, if the generator knows it. */
  answer: string | null;
  level: string;
  /** How hard it is: guesses of a search for Sudokus, moves of the shortest path for mazes. */
  rating: number;
  /** The name of its task, where puzzles have names. */
  name?: string;
  /** Examples of its rule as texts, an input and its output each. */
  examples?: [string, string][];
}

/** How to solve; meaning and defaults are those of `hrm solve`. */
export interface RunOptions {
  /** What stops a try before its last segment. Default: "valid" where the task has rules, else "fixed". */
  halt?: "fixed" | "learned" | "stable" | "valid" | "still";
  /** Most segments of a try. Default: the model's. */
  segments?: number;
  /** Most tries at a puzzle. Default: 1. */
  tries?: number;
  /** How tries differ. Default: "both". */
  variants?: "both" | "symmetry" | "noise";
  /** Strength of the noise. Default: 1. */
  noise?: number;
  /** Whether a puzzle that the model does not know by name (ARC) is asked all the same. Default: false. */
  blankIdentifier?: boolean;
  /** Puzzles side by side. Default: what fits a modest amount of memory, at most 64. */
  batch?: number;
  /** Whether steps report the model's confidence in every cell. Default: false. */
  confidences?: boolean;
  /** Whether steps report the probability of every id in every cell. Default: false. */
  candidates?: boolean;
  /** Whether steps report how far the states z_H and z_L moved. Default: false. */
  states?: boolean;
  /**
   * Whether every segment is a step, or only that which answers a puzzle. A GPU then goes on without telling of every
   * segment, which is several times as fast for small models. Default: true.
   */
  steps?: boolean;
}

/** How large a state is, and how far it moved, cell by cell. */
export interface Motion {
  norm: Float32Array;
  /** Norm of the difference from the segment before; missing in the first segment. */
  change?: Float32Array;
}

/** One segment of a try at a puzzle. */
export interface Step {
  /** Index of the puzzle. */
  puzzle: number;
  /** Index of the try. */
  try: number;
  /** Number of the segment, from 1. */
  segment: number;
  /** The raw prediction, in the alphabet of the puzzle. */
  grid: string;
  /** Probability of the predicted id of every cell. */
  confidences?: Float32Array;
  /** Probability of every id in every cell, cell by cell. Ids of Sudokus: 1 is an empty cell, 2 to 10 the digits 1 to 9. */
  candidates?: Float32Array;
  /** The H network's state. */
  zH?: Motion;
  /** The L network's state; missing where the network has one state. */
  zL?: Motion;
  /** Raw logits for stopping and for going on. */
  qHalt: number;
  qContinue: number;
  /** Time since the puzzle began, in milliseconds. */
  ms: number;
  /** The answer, if this step decides the puzzle; it is then the last. */
  answer?: Answer;
}

/** The model's answer: its raw prediction, judged but never changed. */
export interface Answer {
  /** Name of the puzzle's task. */
  task: string;
  puzzle: string;
  answer: string;
  /** Whether rules and givens are kept; null where the task has no rules. */
  valid: boolean | null;
  /** Whether no valid answer is shorter; only for valid answers, in tasks where answers differ in length. */
  shortest?: boolean;
  /** Segments of the winning try. */
  segments: number;
  stopped: "valid" | "learned" | "stable" | "still" | "limit";
  qHalt: number;
  /** Number of tries begun. */
  tries: number;
  /** How the winning try varied the puzzle: "given", "symmetry 3", … */
  variant: string;
  /** Number of tries that ended with this very answer. */
  votes: number;
  ms: number;
  device: string;
}

/** Raw outputs of one sample after one segment. */
export interface TraceSegment {
  preds: Uint32Array;
  qHalt: number;
  qContinue: number;
  logits: Float32Array;
  zH: Float32Array;
  zL: Float32Array;
}
