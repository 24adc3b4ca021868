"""onnxruntime as a contender: `contender_onnx.py PROVIDER MODEL.onnx MODEL INPUTS THREADS`."""
import sys
import time

import onnxruntime
import torch

import model
import protocol


def main(provider, file, folder, inputs, threads):
    start = time.perf_counter()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=[provider])
    _, begin = model.load(folder)
    tokens = protocol.puzzles(inputs)

    def batch(size):
        z_h, z_l, x = (onnxruntime.OrtValue.ortvalue_from_numpy(t.numpy())
                       for t in begin(torch.from_numpy(protocol.take(tokens, size))))

        def run(outputs):
            nonlocal z_h, z_l
            z_h, z_l, logits, q, preds = session.run_with_ort_values(None, {"z_H": z_h, "z_L": z_l, "x": x})
            preds.numpy(), q.numpy()
            if outputs:
                return logits.numpy(), z_h.numpy(), q.numpy()

        return run

    protocol.serve(f"onnxruntime {onnxruntime.__version__} {provider}", batch, 1e3 * (time.perf_counter() - start))


main(*sys.argv[1:])
