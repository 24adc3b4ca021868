/** What the compiled core offers (`src/web.rs`), as far as the package uses it. */

import type { Device, DeviceInfo, DeviceOffer, ModelInfo } from './types.js';

/** Memory of the core for the weights of a model, filled in order. */
export interface ModelBytes {
  write(offset: number, chunk: Uint8Array): void;
  sha256(): string;
  free(): void;
}

/** Options of a run, as the core takes them: undefined means its default. */
export interface RunOptions {
  halt: string | undefined;
  segments: number | undefined;
  tries: number | undefined;
  variants: string | undefined;
  noise: number | undefined;
  batch: number | undefined;
  confidences: boolean;
}

/** A run over puzzles. */
export interface Run<Step> {
  /** The steps of the next segments; undefined once all puzzles are answered. */
  next(): Promise<Step[] | undefined>;
  /** Ends it; a promise of `next` that is pending resolves to undefined. */
  cancel(): void;
  free(): void;
}

/** A model on a device. */
export interface Core<Step> {
  device(): DeviceInfo;
  model(): ModelInfo;
  start(puzzles: string[], options: RunOptions): Run<Step>;
  warmUp(): Promise<void>;
  free(): void;
}

/** The module that wasm-bindgen writes. */
export interface RawModule<Step> {
  default(): Promise<unknown>;
  ModelBytes: new (length: number) => ModelBytes;
  Core: {
    open(config: string, weights: ModelBytes, device: Device): Promise<Core<Step>>;
    devices(): Promise<DeviceOffer[]>;
  };
}
