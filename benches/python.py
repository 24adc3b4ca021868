"""What Python costs: calls of `Model.run` and the same calls of the Rust library, in turn. The package must be installed
from a wheel of the release profile: `python benches/python.py`. Prints a table: time and memory, the least, the median and
the greatest of the rounds."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROUNDS, SEGMENTS = 15, 16


def serve():
    """The side of Python: answers lines as benches/call.rs does."""
    import hrm
    import numpy as np

    model = hrm.load("sudoku", device="cpu")
    for line in sys.stdin:
        size, segments = map(int, line.split())
        start = time.perf_counter()
        tokens = (np.arange(81) + np.arange(size)[:, None]) % 10 + 1
        outputs = model.run(tokens, segments=segments)
        milliseconds = 1e3 * (time.perf_counter() - start)
        print(milliseconds, flush=True)
        del outputs


class Side:
    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.before = self.memory()

    def call(self, size, segments=SEGMENTS):
        self.process.stdin.write(f"{size} {segments}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def memory(self):
        """The most memory so far, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1e3

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    command = ["cargo", "build", "--release", "--bench", "call", "--message-format", "json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    messages = [json.loads(line) for line in built.stdout.splitlines()]
    rust = next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "call")
    print("| batch | Rust, ms | Python, ms | ratio of times: min / median / max | memory of the calls, MB: Rust | Python |")
    print("|---:|---:|---:|---:|---:|---:|")
    for size in (1, 32):
        sides = [Side(rust), Side(sys.executable, __file__, "serve")]
        for side in sides:
            side.call(1, 1)
            side.before = side.memory()
            side.call(size)
        times = []
        for number in range(ROUNDS):
            order = (0, 1) if number % 2 else (1, 0)
            found = {which: sides[which].call(size) for which in order}
            times.append((found[0], found[1]))
        ratios = [python / rust for rust, python in times]
        medians = [statistics.median(column) for column in zip(*times)]
        grown = [side.memory() - side.before for side in sides]
        print(f"| {size} | {medians[0]:.2f} | {medians[1]:.2f} | {min(ratios):.3f} / **{statistics.median(ratios):.3f}** / "
              f"{max(ratios):.3f} | {grown[0]:.1f} | {grown[1]:.1f} |")
        for side in sides:
            side.close()


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
