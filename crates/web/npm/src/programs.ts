/** The compiled programs of the package: one for all engines, and one whose multiply-add is fused. */

export const BASELINE = 'hrm_core_bg.wasm';
export const RELAXED = 'hrm_core_relaxed_bg.wasm';

/** A function without parameters, valid where there is relaxed SIMD. */
// prettier-ignore
const PROBE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // the mark and version of a module
  1, 5, 1, 0x60, 0, 1, 0x7b, // types: one, () -> v128
  3, 2, 1, 0, // functions: one of that type
  10, 8, 1, 6, 0, 0x00, 0xfd, 0x85, 0x02, 0x0b, // its code: unreachable, f32x4.relaxed_madd, end
]);

/** Whether this engine has relaxed SIMD. */
export function hasRelaxedSimd(): boolean {
  return globalThis.WebAssembly?.validate(PROBE) ?? false;
}
