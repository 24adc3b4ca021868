/** Which device is faster, for `auto`: some browsers are slower by WebGPU, and some offer an adapter that never answers. */

import { keepText, keptText } from './cache.js';
import type { Core } from './core/hrm_core.js';

/** How long a GPU may take for its first segments, shaders included, in milliseconds. */
const PATIENCE = 20_000;

/** Moves a core on a GPU to the CPU if a segment is faster there, or the GPU does not compute any. */
export async function takeFaster(core: Core, keep: boolean): Promise<void> {
  const { name } = core.device();
  const { parameters, seqLen } = core.model();
  // Caches know addresses alone.
  const about = new URLSearchParams({ name, parameters: String(parameters), seqLen: String(seqLen) });
  const address = `https://hrm-webgpu.invalid/faster?${about}`;
  let reason = keep ? await keptText(address) : undefined;
  if (reason === undefined) {
    let gpu: number;
    try {
      gpu = await within(PATIENCE, core.timeSegment(false, Infinity));
    } catch (error) {
      // Not kept: next time it may.
      return core.moveToCpu(`${name} did not compute a segment: ${error instanceof Error ? error.message : String(error)}`);
    }
    const cpu = await core.timeSegment(true, gpu);
    reason = cpu < gpu ? `a segment takes ${cpu.toFixed(1)} ms there, and ${gpu.toFixed(1)} ms on ${name}` : '';
    if (keep) await keepText(address, reason);
  }
  if (reason) core.moveToCpu(reason);
}

/** Rejects if a promise takes longer than `ms`. */
function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected an answer within ${ms / 1000} seconds, found none`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
