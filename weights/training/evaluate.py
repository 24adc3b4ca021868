"""Exact-solve rates and halting rules on the task's check sets, by the engine (bf16 products): quick, while training.
What a model card says is measured by trajectory.rs with the runtime instead.
usage: evaluate.py CHECKPOINT|FOLDER --validation FILE … [--count N] [--segments N]"""
import argparse, os
import numpy as np
import torch
from engine_backend import EngineBackend
from folder import import_folder, load_checkpoint
from hrm import TorchBackend
from tasks import of_model

parser = argparse.ArgumentParser()
arg = parser.add_argument
arg("model")
arg("--validation", nargs="+", required=True)
arg("--raw", action="store_true", help="of a checkpoint the raw weights, not their moving average")
arg("--count", type=int, default=256, help="samples per check set")
arg("--segments", type=int, default=32)
arg("--h-cycles", type=int, help="other than the model says")
arg("--device", default="engine", help="engine (bf16 products), cpu (f32), cuda (bf16 autocast)")
arg("--threads", type=int, default=2)
arg("--batch", type=int, default=128)
a = parser.parse_args()
torch.set_num_threads(a.threads)

if os.path.isdir(a.model):
    cfg, name, flat, init = import_folder(a.model)
else:
    cfg, name, tensors, _ = load_checkpoint(a.model)
    flat, init = tensors["flat" if a.raw else "ema"], tensors["init"]
cfg.h_cycles = a.h_cycles or cfg.h_cycles
backend = EngineBackend(cfg, a.threads) if a.device == "engine" else TorchBackend(cfg, a.device)
flat, init = flat.to(backend.device), init.to(backend.device)
backend.load(flat)
task = of_model(name, cfg.seq_len)


def run(*puzzles):
    """exact, confident (q_halt > q_continue) and unchanged (same prediction as a segment before): [segments, samples]."""
    parts = []
    for i in range(0, len(puzzles[0]), a.batch):
        asked, right, ids = (torch.from_numpy(v[i:i + a.batch]).to(backend.device) for v in puzzles)
        zh, zl = (init[k].repeat(len(asked), cfg.positions, 1).contiguous() for k in (0, 1))
        rows, before = [], torch.full_like(right, -1)
        for _ in range(a.segments):
            out = backend.run(zh, zl, asked, ids=ids)
            rows.append(torch.stack([task.right(asked, right, out["pred"]), out["q"][:, 0] > out["q"][:, 1], (out["pred"] == before).all(1)]).cpu())
            before = out["pred"].clone()
        parts.append(torch.stack(rows, 1).numpy())
    return np.concatenate(parts, 2)


for name, puzzles in task.check_sets(a.validation, a.count).items():
    exact, sure, same = run(*puzzles)
    marks = [s for s in (1, 2, 4, 8, 16, 32, 64) if s <= a.segments]
    print(f"{name:20s} exact % after " + "  ".join(f"{s}: {100 * exact[s - 1].mean():.1f}" for s in marks))
    for rule, fires in (("q > 0", sure), ("and unchanged", sure & same)):
        stopped = fires.any(0)
        at = np.where(stopped, fires.argmax(0), a.segments - 1)
        right = exact[at, np.arange(exact.shape[1])]
        precise = f"right in {100 * right[stopped].mean():.2f} % of them" if stopped.any() else ""
        print(f"    {rule:14s} stops {100 * stopped.mean():.1f} %, {precise}, exact {100 * right.mean():.1f} %, mean segments {at.mean() + 1:.2f}", flush=True)
