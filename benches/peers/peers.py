"""The driver: starts contenders, compares outputs, alternates rounds, prints the table. Called by `run`."""
import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "peers"
PUZZLES = 32
# Relative L2 of the outputs of segment 1, compared with our CPU executor in f32.
TOLERANCE = {"f32": 1e-5, "f16": 2e-3, "tf32": 1e-2, "bf16": 5e-2}
MODELS = {"hrm-27m": "HRM 27 M, T = 82", "sudoku": "bundled, 0.67 M"}


class Failed(Exception):
    pass


class Contender:
    """A process that answers lines."""

    def __init__(self, label, dtype, command, env=None):
        self.label, self.dtype = label, dtype
        self.log = WORK / "logs" / (label.replace(" ", "-").replace("/", "-") + ".log")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log.open("w"),
            text=True, env={**os.environ, **(env or {})})
        self.ready = self.answer()

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        code = self.process.wait()
        last = self.log.read_text().strip().splitlines()[-1:] or ["no message"]
        raise Failed(f"ended with code {code}: {last[0][:200]} (log: {self.log.relative_to(ROOT)})")

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def check(self, batch):
        path = WORK / "outputs.safetensors"
        self.ask(f"check {batch} {path}")
        return load_file(path)

    def time(self, batch, segments):
        return self.ask(f"time {batch} {segments}")["ms"]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def relative_l2(ours, theirs):
    return float(np.linalg.norm(ours.astype(np.float64) - theirs) / np.linalg.norm(ours.astype(np.float64)))


def build_ours():
    """The path of `benches/contender.rs`, built."""
    command = ["cargo", "build", "--release", "--bench", "contender", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit("error: cargo could not build benches/contender.rs")
    found = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in found if m.get("target", {}).get("name") == "contender" and m.get("executable"))


def prepare(ours, models):
    """Model folders and puzzles, the same for all."""
    for model in models:
        folder = WORK / model
        if not (folder / "model.safetensors").exists():
            subprocess.run([ours, "write", model, folder], check=True)
    with open(ROOT / "tests" / "data" / "sudoku-check.csv", newline="") as file:
        questions = [row["question"] for row in csv.DictReader(file)][:PUZZLES]
    ids = [[1 if c in ".0" else int(c) + 1 for c in question] for question in questions]
    save_file({"inputs": np.array(ids, np.int32)}, WORK / "inputs.safetensors")


def contenders(ours, model, args):
    """(label, dtype, command, environment) of everything that could run here; ours on the CPU comes first."""
    folder, inputs = WORK / model, WORK / "inputs.safetensors"
    rust = lambda device: [ours, "run", device, folder, inputs, args.threads]
    yield "hrm cpu", "f32", rust("cpu"), None
    for device in args.device:
        yield f"hrm {device}", "f32", rust(device), None
    tail = [folder, inputs, args.threads]
    torch = lambda *how: [sys.executable, HERE / "contender_torch.py", *how, *tail]
    env = {"OMP_NUM_THREADS": str(args.threads), "TORCHINDUCTOR_CACHE_DIR": str(WORK / "inductor")}
    for dtype in ("f32", "bf16"):
        yield f"PyTorch eager {dtype}", dtype, torch("eager", "cpu", dtype), env
        yield f"PyTorch compiled {dtype}", dtype, torch("default", "cpu", dtype), env
    yield "PyTorch compiled, weights frozen, f32", "f32", torch("freezing", "cpu", "f32"), env


def start(ours, model, batches, args):
    """Contenders whose outputs agree with ours, and a remark for each other one."""
    running, remarks, reference = [], [], {}
    for label, dtype, command, env in contenders(ours, model, args):
        if args.only and label != "hrm cpu" and not any(word.lower() in label.lower() for word in args.only):
            continue
        print(f"{model}: {label} …", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        try:
            contender = Contender(label, dtype, command, env)
            worst = 0.0
            for batch in batches:
                outputs = contender.check(batch)
                wanted = reference.setdefault(batch, outputs)
                for name in ("logits", "z_H", "q"):
                    if not np.isfinite(outputs[name]).all():
                        raise Failed(f"{name} is not finite at batch {batch}")
                    worst = max(worst, relative_l2(wanted[name], outputs[name]))
                contender.time(batch, 2)
            if worst > TOLERANCE[dtype]:
                contender.close()
                raise Failed(f"its outputs are off by {worst:.1e} ({dtype} allows {TOLERANCE[dtype]:.0e}): left out")
        except (Failed, OSError) as error:
            remarks.append(f"{label}: {error}")
            print(f"  {error}", file=sys.stderr)
            continue
        contender.worst = worst
        print(f"  differs by {worst:.1e}, ready after {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        running.append(contender)
    return running, remarks


def measure(running, batch, rounds, turn_ms):
    """Milliseconds of a segment, for each contender and round; the order turns by one each round."""
    segments = {c: max(1, min(200, round(turn_ms / statistics.median(c.time(batch, 2))))) for c in running}
    times = {c: [] for c in running}
    for i in range(rounds):
        turn = i % len(running)
        for contender in running[turn:] + running[:turn]:
            time.sleep(0.02)  # threads of the one before may spin for a while
            times[contender].append(statistics.median(contender.time(batch, segments[contender])))
    return times


def rows(model, batch, times):
    ours, *_ = times
    for contender, ms in times.items():
        ratios = sorted(theirs / mine for theirs, mine in zip(ms, times[ours]))
        ratio = "1" if contender is ours else (
            f"{ratios[0]:.2f} / **{statistics.median(ratios):.2f}** / {ratios[-1]:.2f}")
        yield (f"| {MODELS[model]} | {batch} | {contender.label} | {min(ms):.2f} / {statistics.median(ms):.2f} / "
               f"{max(ms):.2f} | {ratio} | {contender.worst:.0e} |")


def machine():
    names = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")] if Path("/proc/cpuinfo").exists() else [platform.processor()]
    return f"{names[0]}, {os.cpu_count()} cores, {platform.system()}"


def main():
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="batch 1 and 8, three short rounds")
    parser.add_argument("--prepare", action="store_true", help="build and fill the caches; measure nothing")
    parser.add_argument("--model", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--batch", nargs="+", type=int, default=None)
    parser.add_argument("--device", nargs="+", default=[], help="further devices of ours, as `--device` names them")
    parser.add_argument("--only", nargs="+", default=[], help="contenders whose name contains one of these")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--out", type=Path, help="also write the table there")
    args = parser.parse_args()
    batches = args.batch or ([1, 8] if args.quick else [1, 8, 32])
    rounds, turn_ms = args.rounds or (3 if args.quick else 7), 100 if args.quick else 400

    WORK.mkdir(parents=True, exist_ok=True)
    ours = build_ours()
    prepare(ours, args.model)
    lines, remarks = [], []
    for model in args.model:
        running, missing = start(ours, model, batches, args)
        remarks += [f"{MODELS[model]}: {remark}" for remark in missing]
        if not args.prepare:
            for batch in batches:
                lines += rows(model, batch, measure(running, batch, rounds, turn_ms))
        for contender in running:
            contender.close()
    if args.prepare:
        return
    text = "\n".join([
        f"{machine()}; {args.threads} threads each; {rounds} rounds, contenders in turn.",
        "",
        "| model | batch | contender | ms a segment: min / median / max | its time over ours: min / median / max "
        "| differs by |",
        "|---|---:|---|---:|---:|---:|",
        *lines,
        "",
        *[f"- {remark}" for remark in remarks],
        ""])
    print(text)
    if args.out:
        args.out.write_text(text)


if __name__ == "__main__":
    main()
