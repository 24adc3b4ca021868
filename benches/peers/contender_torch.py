"""PyTorch as a contender: `contender_torch.py MODE DEVICE DTYPE MODEL INPUTS THREADS`.

MODE: eager, or a mode of torch.compile: default, reduce-overhead, max-autotune, and freezing (inductor's constant folding
and packing of weights). DTYPE: f32, tf32 (CUDA: f32 whose products may be TF32), bf16.
"""
import sys
import time

import numpy as np
import torch

import model
import protocol


def main(mode, device, dtype, folder, inputs, threads):
    start = time.perf_counter()
    torch.set_num_threads(int(threads))
    torch.set_grad_enabled(False)
    torch.backends.cuda.matmul.allow_tf32 = dtype == "tf32"
    real = torch.bfloat16 if dtype == "bf16" else torch.float32
    segment, begin = model.load(folder)
    segment = segment.to(device)
    for weight in segment.parameters():  # rotary tables stay f32, as in the official code
        weight.data = weight.data.to(real)
    compiled = segment
    if mode == "freezing":
        import torch._inductor.config as inductor
        inductor.freezing = True
        compiled = torch.compile(segment, dynamic=False)
    elif mode != "eager":
        compiled = torch.compile(segment, dynamic=False, mode=mode)
    torch._dynamo.config.recompile_limit = 32
    tokens = protocol.puzzles(inputs)
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None

    def batch(size):
        z_h, z_l, x = (t.to(device, real) for t in begin(torch.from_numpy(protocol.take(tokens, size))))

        def run(outputs):
            nonlocal z_h, z_l
            if mode == "reduce-overhead":
                torch.compiler.cudagraph_mark_step_begin()
            z_h, z_l, logits, q, preds = compiled(z_h, z_l, x)
            if mode in ("reduce-overhead", "max-autotune") and device == "cuda":
                z_h, z_l = z_h.clone(), z_l.clone()  # outputs of a CUDA graph are overwritten by its next run
            preds.cpu(), q.cpu()  # what a caller looks at
            wait()
            if outputs:
                return [t.float().cpu().numpy() for t in (logits, z_h, q)]

        return run

    version = torch.__version__.split("+")[0]
    how = "eager" if mode == "eager" else f"compile {mode}"
    protocol.serve(f"PyTorch {version} {how} {dtype} {device}", batch, 1e3 * (time.perf_counter() - start))


main(*sys.argv[1:])
