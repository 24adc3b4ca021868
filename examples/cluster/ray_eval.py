"""Evaluates a data set on the workers of a Ray cluster: a part each, whatever dies, and one file in the end.

    python ray_eval.py test.csv --parts 8 --folder /shared/run1 -- --model hub:alphaXiv/trm-model-sudoku --curve

Every machine needs `hrm` (or --hrm) and the folder, which all of them share: a part that is begun again, on whatever
machine, goes on where it was. What follows `--` goes to `hrm eval`. The file in the end is the one that the undivided
evaluation writes, to the last byte.
"""

import argparse
import pathlib
import subprocess
import sys
import time

import ray


def evaluate(command: list[str], out: str) -> str:
    """Runs one part; where an orphan of an earlier try still writes, waits for it."""
    while True:
        ran = subprocess.run(command, capture_output=True, text=True)
        if ran.returncode == 0:
            return out
        if "in use by another process" not in ran.stderr:
            raise RuntimeError(f"{' '.join(command)}: exit code {ran.returncode}\n{ran.stderr}")
        time.sleep(1)


def main() -> None:
    own, options = sys.argv[1:], []
    if "--" in own:
        cut = own.index("--")
        own, options = own[:cut], own[cut + 1 :]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="as for hrm eval: a file, a folder, hub:OWNER/NAME")
    parser.add_argument("--parts", type=int, default=8, help="more than workers, so that none is idle for long")
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="where parts and the result are kept")
    parser.add_argument("--cpus", type=int, default=1, help="cores of a part")
    parser.add_argument("--gpus", type=float, default=0, help="GPUs of a part; give --device gpu after `--`")
    parser.add_argument("--hrm", default="hrm", help="the program")
    parser.add_argument("--address", help="of the cluster; default: this machine alone")
    args = parser.parse_args(own)

    ray.init(address=args.address)
    args.folder.mkdir(parents=True, exist_ok=True)
    # A worker that dies, or its machine, is no failure: the part is given to another, as often as it takes.
    part = ray.remote(evaluate).options(num_cpus=args.cpus, num_gpus=args.gpus, max_retries=-1)
    begun = []
    for number in range(1, args.parts + 1):
        out = str(args.folder / f"part-{number}.jsonl")
        command = [args.hrm, "eval", args.data, "--shard", f"{number}/{args.parts}", "--out", out, "--quiet"]
        if args.gpus == 0:
            command += ["--device", "cpu", "--threads", str(args.cpus)]
        begun.append(part.remote(command + options, out))
    parts, waiting = [], begun
    while waiting:
        done, waiting = ray.wait(waiting)
        parts += ray.get(done)
        print(f"{len(parts)} of {args.parts} parts", flush=True)
    result = args.folder / "all.jsonl"
    subprocess.run([args.hrm, "merge", *sorted(parts), "--out", str(result), "--force"], check=True)


if __name__ == "__main__":
    main()
