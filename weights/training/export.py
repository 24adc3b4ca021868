"""Model folder of a checkpoint's EMA weights, in f16. usage: export.py CHECKPOINT FOLDER [--trained-on TEXT]"""
import argparse
from folder import export, load_checkpoint

parser = argparse.ArgumentParser()
parser.add_argument("checkpoint")
parser.add_argument("folder")
parser.add_argument("--trained-on", help="what config.json is to say of the data")
a = parser.parse_args()
cfg, task, tensors, state = load_checkpoint(a.checkpoint)
more = dict(license="MIT", source="trained from scratch by weights/training; see README.md beside this file")
if a.trained_on:
    more["trained_on"] = a.trained_on
export(cfg, task, tensors["ema"].float(), tensors["init"], a.folder, **more)
