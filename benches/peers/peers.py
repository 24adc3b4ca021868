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

from contenders import FAMILY, HERE, ROOT, WORK, groups

PUZZLES = 32
# Relative L2 of the outputs of segment 1, compared with our CPU executor in f32.
TOLERANCE = {"f32": 1e-5, "f16": 2e-3, "tf32": 1e-2, "bf16": 5e-2}
MODELS = {"hrm-27m": "HRM 27 M, T = 82", "sudoku": "bundled, 0.67 M", "products": "64 products, 82 rows by 512 × 512",
          "eqr": "EqR 5.0 M, T = 97", "urm": "URM 13.7 M, T = 82", "serrm": "SE-RRM 2.0 M, 11 symbols, T = 85"}


class Failed(Exception):
    pass


class Contender:
    """A process that answers lines."""

    def __init__(self, entry):
        self.label, self.dtype, self.worst = entry.label, entry.dtype, 0.0
        # Milliseconds of a segment by batch, as the warm-up had them.
        self.warm = {}
        if entry.needs and not Path(entry.needs).exists():
            raise Failed(f"is not here: {entry.remedy}")
        self.log = WORK / "logs" / ("".join(c if c.isalnum() else "-" for c in entry.label) + ".log")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [str(part) for part in entry.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log.open("w"), text=True, env={**os.environ, **entry.env})
        self.answer()

    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        code = self.process.wait()
        lines = self.log.read_text().strip().splitlines() or ["no message"]
        said = next((line for line in lines if "panicked" in line or "Error" in line), lines[-1])
        raise Failed(f"ended with code {code}: {said.strip()[:200]} (log: {self.log.relative_to(ROOT)})")

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.answer()

    def check(self, batch, reference):
        """Holds the outputs of segment 1 to those of `reference`, by batch; the first that comes sets it."""
        path = WORK / "outputs.safetensors"
        self.ask(f"check {batch} {path}")
        outputs = load_file(path)
        wanted = reference.setdefault(batch, outputs)
        for name in wanted:
            if not np.isfinite(outputs[name]).all():
                raise Failed(f"{name} is not finite at batch {batch}: left out")
            ours = wanted[name].astype(np.float64)
            self.worst = max(self.worst, float(np.linalg.norm(ours - outputs[name]) / np.linalg.norm(ours)))
        if self.worst > TOLERANCE[self.dtype]:
            raise Failed(f"differs by {self.worst:.1e}, more than {self.dtype} explains "
                         f"({TOLERANCE[self.dtype]:.0e}): left out")

    def time(self, batch, segments):
        return self.ask(f"time {batch} {segments}")["ms"]

    def close(self):
        """The end of its input ends a contender."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def build_ours():
    """The path of `benches/contender.rs`, built."""
    command = ["cargo", "build", "--release", "--bench", "contender", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit("error: cargo could not build benches/contender.rs")
    found = [json.loads(line) for line in built.stdout.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in found if m.get("executable") and m["target"]["name"] == "contender")


def prepare(ours, models):
    """Model folders, puzzles and ONNX exports, the same for all."""
    with open(ROOT / "tests" / "data" / "sudoku-check.csv", newline="") as file:
        questions = [row["question"] for row in csv.DictReader(file)][:PUZZLES]
    ids = [[1 if c in ".0" else int(c) + 1 for c in question] for question in questions]
    inputs = WORK / "inputs.safetensors"
    save_file({"inputs": np.array(ids, np.int32)}, inputs)
    for model in models:
        if model == "products":
            write_products(WORK / model)
            continue
        for name, dtype in ((model, "f32"), (f"{model}-f16", "f16"))[:1 if model in FAMILY else 2]:
            if not (WORK / name / "model.safetensors").exists():
                subprocess.run([ours, "write", model, dtype, WORK / name], check=True)
        if model not in FAMILY and not (WORK / model / "start.safetensors").exists():
            log = (WORK / "export.log").open("w")
            subprocess.run([sys.executable, HERE / "export_onnx.py", WORK / model, inputs], stdout=log, stderr=log)


def write_products(folder):
    """A square matrix that keeps the norm of what it is multiplied with, about, and puzzles of rows."""
    folder.mkdir(exist_ok=True)
    random, width = np.random.default_rng(1), 512
    weight = random.uniform(-1, 1, (width, width)) * (3 / width) ** 0.5
    x = random.uniform(-1, 1, (PUZZLES, 82, width))
    save_file({"weight": weight.astype(np.float32), "x": x.astype(np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"family": "products", "depth": 64}))


def start(model, group, oracle, reference, only):
    """Contenders whose outputs agree with those of `oracle`, warmed up, and a remark for each other one."""
    running, remarks = [], []
    for batch in set(group.batches) - set(reference):
        oracle.check(batch, reference)
    for entry in group.entries:
        if only and not entry.label.startswith("hrm") and not any(word.lower() in entry.label.lower() for word in only):
            continue
        begun, contender = time.perf_counter(), None
        print(f"{model}, {group.title}: {entry.label}", file=sys.stderr, flush=True)
        try:
            contender = Contender(entry)
            for batch in group.batches:
                contender.check(batch, reference)
                contender.warm[batch] = min(contender.time(batch, 2))
        except (Failed, OSError, ValueError) as error:
            if contender:
                contender.close()
            remarks.append(f"{entry.label} ({MODELS[model]}): {error}")
            print(f"  {error}", file=sys.stderr)
            continue
        print(f"  differs by {contender.worst:.1e}, ready after {time.perf_counter() - begun:.0f} s", file=sys.stderr)
        running.append(contender)
    return running, remarks


def measure(running, batch, rounds, turn_ms, most_s):
    """Milliseconds of a segment, for each contender and round; who begins changes with each round."""
    segments = {c: max(1, min(200, round(turn_ms / c.warm[batch]))) for c in running}
    round_s = sum(segments[c] * c.warm[batch] for c in running) / 1e3
    rounds = max(3, min(rounds, int(most_s / round_s)))
    times = {c: [] for c in running}
    for i in range(rounds):
        turn = i % len(running)
        for contender in running[turn:] + running[:turn]:
            time.sleep(0.02)  # threads of the one before may spin for a while
            times[contender].append(statistics.median(contender.time(batch, segments[contender])))
    return times


def rows(model, group, batch, times):
    first = next((c for c in times if c.label.startswith("hrm")), None)
    spread = lambda values, digits: [f"{v:.{digits}f}" for v in (min(values), statistics.median(values), max(values))]
    for contender, ms in times.items():
        ratio = "–"
        if contender is first:
            ratio = "1"
        elif first:
            low, middle, high = spread([theirs / mine for theirs, mine in zip(ms, times[first])], 2)
            ratio = f"{low} / **{middle}** / {high}"
        digits = 2 if min(ms) < 100 else 0
        yield (f"| {MODELS[model]} | {batch} | {contender.label} | {' / '.join(spread(ms, digits))} | {ratio} "
               f"| {contender.worst:.0e} |")


def machine():
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] \
        if info.exists() else [platform.processor()]
    return f"{names[0]}, {os.cpu_count()} cores, {platform.system()}"


def arguments():
    about = "The same segment in other runtimes and in ours."
    parser = argparse.ArgumentParser(prog="benches/peers/run", description=about)
    parser.add_argument("--quick", action="store_true", help="smaller batches, three short rounds")
    parser.add_argument("--prepare", action="store_true", help="build and fill the caches; measure nothing")
    parser.add_argument("--model", nargs="+", default=list(MODELS), choices=list(MODELS))
    parser.add_argument("--group", nargs="+", default=[],
                        help="groups whose title contains one of these: cpu, chromium, an adapter")
    parser.add_argument("--batch", nargs="+", type=int, help="sizes of batches [default: by group]")
    parser.add_argument("--device", nargs="+", default=[],
                        help="adapters whose name contains one of these [default: the real GPU, else the first]")
    parser.add_argument("--only", nargs="+", default=[], help="ours, and contenders whose name contains one of these")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, help="also write the tables there")
    return parser.parse_args()


def main():
    args = arguments()
    rounds, turn_ms, most_s = (3, 100, 15) if args.quick else (7, 400, 45)
    WORK.mkdir(parents=True, exist_ok=True)
    ours = build_ours()
    prepare(ours, args.model)
    missing = WORK / "missing.txt"
    remarks = [f"not installed: {line}" for line in missing.read_text().splitlines()] if missing.exists() else []
    tables = {}
    for model in args.model:
        reference, oracle = {}, None
        for group in groups(ours, model, args):
            # All outputs are held to those of our CPU executor, the very first entry.
            oracle = oracle or Contender(group.entries[0])
            if args.group and not any(word.lower() in group.title.lower() for word in args.group):
                continue
            group.batches = args.batch or group.batches
            running, missed = start(model, group, oracle, reference, args.only)
            remarks += missed
            if not args.prepare and running:
                for batch in group.batches:
                    times = measure(running, batch, rounds, turn_ms, most_s)
                    tables.setdefault(group.title, []).extend(rows(model, group, batch, times))
            for contender in running:
                contender.close()
        oracle.close()
    if args.prepare:
        return
    lines = [f"{machine()}; {args.threads} threads each, contenders in turn. A ratio above 1: ours is faster."]
    for title, table in tables.items():
        lines += ["", f"**{title}**", "",
                  "| model | batch | contender | ms a segment: min / median / max | its time over ours: min / median / max "
                  "| differs by |", "|---|---:|---|---:|---:|---:|", *table]
    lines += ["", *[f"- {remark}" for remark in remarks], ""]
    print("\n".join(lines))
    if args.out:
        args.out.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
