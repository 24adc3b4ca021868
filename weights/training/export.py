"""Model folder of a checkpoint's EMA weights, in f16; with --compact also a copy of the checkpoint that is small enough to keep."""
import argparse
import torch
from folder import compact, export, load_checkpoint
from tasks import of_model

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("checkpoint")
parser.add_argument("folder")
parser.add_argument("--trained-on", help="what config.json is to say of the data")
parser.add_argument("--dtype", default="f16", choices=["f16", "f32"])
parser.add_argument("--segments", type=int, help="most segments by default, where more than these do harm")
parser.add_argument("--compact", metavar="FILE")
a = parser.parse_args()
cfg, task, tensors, state = load_checkpoint(a.checkpoint)
more = dict(license="MIT", source="trained from scratch by weights/training; see README.md beside this file")
if a.trained_on:
    more["trained_on"] = a.trained_on
if a.segments:
    cfg.halt_max_steps = more["segments_measured"] = a.segments
dtype = torch.float16 if a.dtype == "f16" else torch.float32
export(cfg, task, tensors["ema"], tensors["init"], a.folder, dtype, of_model(task, cfg.seq_len).puzzles, **more)
if a.compact:
    compact(a.checkpoint, a.compact)
