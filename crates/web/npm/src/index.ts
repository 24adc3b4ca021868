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
  LoadError,
  ModelError,
  NoAdapterError,
  OptionsError,
} from './errors.js';
export type { ErrorCode } from './errors.js';
export type {
  Answer,
  BundledModel,
  Checked,
  CreateOptions,
  Device,
  DeviceChoice,
  DeviceInfo,
  Fault,
  Files,
  Made,
  ManyAnswer,
  ManyOptions,
  ModelAddress,
  ModelFiles,
  ModelInfo,
  ModelSource,
  Motion,
  Progress,
  Reading,
  Recipe,
  RunOptions,
  SolveOptions,
  Step,
  TraceSegment,
} from './types.js';
