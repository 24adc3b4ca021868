"""`export_onnx.py MODEL INPUTS`: writes MODEL/model.onnx, the PyTorch module of a model folder for any batch, and
MODEL/start.safetensors, what the puzzles begin with, for runtimes that cannot embed them themselves."""
import sys

import torch
from safetensors.torch import save_file

import model
import protocol


def main(folder, inputs):
    segment, begin = model.load(folder)
    example = begin(torch.ones(2, segment.config["seq_len"], dtype=torch.int32))
    batch = torch.export.Dim("batch", min=1, max=4096)
    with torch.no_grad():
        torch.onnx.export(segment, example, f"{folder}/model.onnx", input_names=["z_H", "z_L", "x"],
                          output_names=["z_H_next", "z_L_next", "logits", "q", "preds"], opset_version=20,
                          dynamo=True, dynamic_shapes=({0: batch},) * 3, external_data=False, verbose=False)
    z_h, z_l, x = begin(torch.from_numpy(protocol.puzzles(inputs)))
    save_file({"z_H": z_h, "z_L": z_l, "x": x}, f"{folder}/start.safetensors")


main(*sys.argv[1:])
