"""Runs the examples for clusters on this machine, and compares what they leave with the undivided evaluation."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = REPOSITORY / "examples/cluster"
HRM = pathlib.Path(sys.argv[1]).resolve()
DATA = str(REPOSITORY / "tests/data/sudoku-check.csv")
# One sample after the other, so that a part has records long before it is done.
OPTIONS = ["--segments", "16", "--batch", "1", "--curve"]
PARTS = 4


def evaluate_whole(folder: pathlib.Path) -> pathlib.Path:
    out = folder / "whole.jsonl"
    subprocess.run([HRM, "eval", DATA, "--device", "cpu", "--quiet", "--out", out, *OPTIONS], check=True, stdout=subprocess.DEVNULL)
    return out


def compare(whole: pathlib.Path, merged: pathlib.Path) -> None:
    for ending in ["", ".run.json"]:
        one, other = (pathlib.Path(str(path) + ending).read_bytes() for path in (whole, merged))
        assert one == other and one, f"{merged}{ending} is not what the undivided evaluation writes"


def children(pid: int) -> dict[int, str]:
    """Returns the commands of all processes below one."""
    lines = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    processes = [line.split(None, 2) for line in lines.splitlines()]
    found, open_ = {}, {pid}
    while open_:
        below = {int(child): args for child, parent, args in processes if int(parent) in open_}
        found.update(below)
        open_ = set(below)
    return found


def ray(folder: pathlib.Path, whole: pathlib.Path) -> None:
    """Two workers; one of them is killed while it works, once with what it runs and once without."""
    parts = folder / "ray"
    command = [sys.executable, EXAMPLES / "ray_eval.py", DATA, "--parts", str(PARTS), "--folder", parts, "--hrm", HRM]
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": str(folder)}
    environment["PYTHONPATH"] = str(EXAMPLES)
    starter = [sys.executable, "-c", "import sys, ray, ray_eval\nstart = ray.init\nray.init = lambda address: start(num_cpus=2, include_dashboard=False)\nsys.argv = sys.argv[1:]\nray_eval.main()"]
    run = subprocess.Popen([*starter, *map(str, command[1:]), "--", *OPTIONS], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    killed = []
    for victim in ["with", "without"]:
        begun = time.monotonic()
        while run.poll() is None and time.monotonic() < begun + 300:
            below = children(run.pid)
            working = {pid: args for pid, args in below.items() if args.startswith(f"{HRM} eval ")}
            under_way = [pid for pid, args in working.items() if records(args) and pid not in killed]
            if under_way:
                worker = int(subprocess.run(["ps", "-o", "ppid=", "-p", str(under_way[0])], capture_output=True, text=True).stdout or 0)
                if worker and "ray::" in below.get(worker, ""):
                    os.kill(worker, signal.SIGKILL)
                    if victim == "with":
                        os.kill(under_way[0], signal.SIGKILL)
                    killed += [worker, under_way[0]]
                    break
            time.sleep(0.05)
    output, _ = run.communicate(timeout=600)
    assert run.returncode == 0, output
    assert len(killed) == 4, f"no worker was killed in mid-run:\n{output}"
    compare(whole, parts / "all.jsonl")
    print(f"Ray: {PARTS} parts on two workers, two killed in mid-run: the same bytes")


def records(command: str) -> bool:
    """Whether a part has records already, and is not done."""
    out = re.search(r"--out (\S+)", command)
    return bool(out) and pathlib.Path(out[1]).exists() and pathlib.Path(out[1]).stat().st_size > 0


def kubernetes(folder: pathlib.Path, whole: pathlib.Path) -> None:
    """The commands of the jobs, one after the other."""
    (results := folder / "kubernetes").mkdir()
    jobs = [yaml.safe_load((EXAMPLES / name).read_text()) for name in ["kubernetes.yaml", "kubernetes-merge.yaml"]]
    spec = jobs[0]["spec"]
    assert spec["completionMode"] == "Indexed" and f"/{spec['completions']} " in script(jobs[0]), "parts and completions differ"
    for index in range(spec["completions"]):
        shell(script(jobs[0]), folder, results, JOB_COMPLETION_INDEX=str(index))
    shell(script(jobs[1]), folder, results)
    compare(whole, results / "all.jsonl")
    print("Kubernetes: the commands of the indexed job, without its engine: the same bytes")


def script(job: dict) -> str:
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert container["command"] == ["sh", "-c"], container
    return container["args"][0]


def shell(script: str, folder: pathlib.Path, results: pathlib.Path, **environment: str) -> None:
    script = script.replace("/results/", f"{results}/").replace("hub:sapientinc/sudoku-extreme", shlex.quote(DATA))
    script = script.replace("--model hub:alphaXiv/trm-model-sudoku", "").replace("--curve", shlex.join(OPTIONS))
    run(["sh", "-c", script], folder, **environment)


def slurm(folder: pathlib.Path, whole: pathlib.Path) -> None:
    """The tasks of the array, one after the other."""
    (place := folder / "slurm").mkdir()
    text = (EXAMPLES / "slurm.sh").read_text()
    count = re.search(r"#SBATCH --array=1-(\d+)", text)[1]
    for task in range(1, int(count) + 1):
        environment = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_ARRAY_TASK_COUNT": count, "SLURM_CPUS_PER_TASK": "2"}
        run([EXAMPLES / "slurm.sh", DATA, *OPTIONS], folder, cwd=place, **environment)
    merge = re.search(r"--wrap '(.*)'", text)[1]
    run(["sh", "-c", merge], folder, cwd=place)
    compare(whole, place / "all.jsonl")
    print("Slurm: the tasks of the array, without its engine: the same bytes")


def run(command: list, folder: pathlib.Path, cwd: pathlib.Path | None = None, **environment: str) -> None:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    ran = subprocess.run(command, env=os.environ | {"PATH": path} | environment, cwd=cwd, capture_output=True, text=True)
    assert ran.returncode == 0, f"{command}: {ran.stderr}"


def main() -> None:
    # The folder's path stays short: Ray makes sockets below it.
    with tempfile.TemporaryDirectory(prefix="hrm-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        (folder / "bin").mkdir()
        (folder / "bin/hrm").symlink_to(HRM)
        whole = evaluate_whole(folder)
        kubernetes(folder, whole)
        slurm(folder, whole)
        ray(folder, whole)


if __name__ == "__main__":
    main()
