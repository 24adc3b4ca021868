/**
 * Small reasoning networks (HRM, TRM) that solve puzzles in the browser, on the visitor's own GPU or CPU.
 *
 * @packageDocumentation
 */
export { Solver } from './solver.js';
export {
  DeviceError,
  DeviceLostError,
  HrmError,
  InvalidPuzzleError,
  ModelError,
  NoAdapterError,
  OptionsError,
} from './errors.js';
export type {
  Answer,
  BundledModel,
  CreateOptions,
  Device,
  DeviceChoice,
  DeviceInfo,
  ManyAnswer,
  ManyOptions,
  ModelAddress,
  ModelFiles,
  ModelInfo,
  ModelSource,
  Progress,
  Reading,
  RunOptions,
  SolveOptions,
  Step,
  TraceSegment,
} from './types.js';
