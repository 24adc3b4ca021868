"""`export_onnx.py MODEL FILE.onnx`: the PyTorch module of a model folder as ONNX, for any batch."""
import sys

import torch

import model


def main(folder, file):
    segment, begin = model.load(folder)
    example = begin(torch.ones(2, segment.config["seq_len"], dtype=torch.int32))
    batch = torch.export.Dim("batch", min=1, max=4096)
    with torch.no_grad():
        torch.onnx.export(segment, example, file, input_names=["z_H", "z_L", "x"],
                          output_names=["z_H_next", "z_L_next", "logits", "q", "preds"], opset_version=20,
                          dynamo=True, dynamic_shapes=({0: batch},) * 3, external_data=False, verbose=False)


main(*sys.argv[1:])
