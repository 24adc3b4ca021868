"""Compiles shaders with the compilers of GPUs, prints what these make of them, and holds the bounds. Called by `run`."""
import argparse
import collections
import fnmatch
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import amd
import intel
from listing import Listing
from model import share_of_peak

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "compilers"

Gpu = collections.namedtuple("Gpu", "label family environment")


def candidates():
    """Name, label, family and environment of every GPU whose driver is installed. A chip has another name in newer Mesas."""
    drivers = {path.name.split("_icd")[0]: path for path in Path("/usr/share/vulkan/icd.d").glob("*.json")}
    of = lambda driver: {"NODEVICE_SELECT": "1", "VK_DRIVER_FILES": str(drivers[driver]), "VK_ICD_FILENAMES": str(drivers[driver])}
    if "radeon" in drivers:
        for name, label, chips in (
            ("gcn", "Vega, GCN", ["renoir"]), ("rdna2", "RX 6000, RDNA2", ["navi21"]),
            ("rdna3", "RX 7000, RDNA3", ["navi31", "gfx1100"])):
            for chip in chips:
                yield name, Gpu(label, name, {**of("radeon"), "RADV_FORCE_FAMILY": chip})
    shim = WORK / "libintel_noop_drm_shim.so"
    if "intel" in drivers and shim.exists():
        platform = {"LD_PRELOAD": str(shim), "INTEL_STUB_GPU_PLATFORM": "tgl"}
        yield "xe", Gpu("Iris Xe", "intel", {**of("intel"), **platform})


def gpus(program, wanted):
    """The GPUs whose driver opens them, by the names under which `--gpu` and `bounds.txt` know them."""
    found = {}
    for name, gpu in candidates():
        if name not in found and (not wanted or name in wanted):
            opens = subprocess.run([program, WORK], env={**os.environ, **gpu.environment}, capture_output=True)
            if opens.returncode == 0:
                found[name] = gpu
    missing = [name for name in wanted if name not in found]
    if missing:
        sys.exit(f"error: no compiler for {', '.join(missing)}: see benches/compilers/README.md")
    if not found:
        sys.exit("error: no driver is here: Mesa's RADV or ANV is needed (Debian: mesa-vulkan-drivers)")
    return found


class Kernel:
    """What `kernels.txt`, or the command line, says of a shader's hot loop."""

    def __init__(self, products, lanes, conflicts, turns=""):
        self.products, self.lanes, self.conflicts = int(products), int(lanes), float(conflicts)
        self.turns = [int(turn) for turn in turns.split(",") if turn]


def table(path):
    lines = (line.split("#")[0].split() for line in path.read_text().splitlines())
    return [line for line in lines if line]


def first_match(rows, *names):
    """The rest of the first row whose first words match the names as patterns."""
    for row in rows:
        if all(fnmatch.fnmatchcase(name, pattern) for name, pattern in zip(names, row)):
            return row[len(names) :]
    return None


def compile_for(name, gpu, program, shaders):
    """Compiles in processes of at most 8 shaders; returns what failed, a line each."""
    out = WORK / "listings" / name
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for start in range(0, len(shaders), 8):
        some = shaders[start : start + 8]
        for shader in some:
            (out / f"{shader.stem}.txt").unlink(missing_ok=True)
        run = lambda files: subprocess.run(
            [program, out, *files], env={**os.environ, **gpu.environment}, capture_output=True, text=True)
        if run(some).returncode == 0:
            continue
        for shader in some:  # One of them failed: which, and why?
            told = run([shader])
            if told.returncode:
                why = (told.stderr.strip().splitlines() or [f"code {told.returncode}"])[-1]
                failed.append(f"{name}: {shader.stem}: {why}")
    return failed


class Figures:
    """What is printed of a shader on a GPU."""

    def __init__(self, name, gpu, shader, kernel):
        listing = Listing(WORK / "listings" / name / f"{shader}.txt")
        self.name, self.shader, self.device = name, shader, listing.values["Device"]
        self.kinds, self.mad, self.shares = collections.Counter(), None, ()
        if gpu.family == "intel":
            self.registers, self.lds = intel.REGISTERS, listing.number("Workgroup Memory Size")
            self.spills = listing.number("Spill Count") + listing.number("Fill Count")
            self.waves, part = intel.THREADS, intel
        else:
            self.registers, self.lds = listing.number("VGPRs"), listing.number("LDS size")
            # Scalar registers are spilled to lanes of a vector register, which costs next to nothing.
            self.spills = listing.number("Spilled VGPRs")
            self.waves, part = amd.waves(listing, gpu.family, kernel.lanes if kernel else 64), amd
        if kernel:
            self.loop(part, part.code(listing), gpu.family, kernel)

    def loop(self, part, code, family, kernel):
        hot, inner = code.hot(kernel.products, kernel.turns)
        if not hot:
            return
        if family == "intel":
            for instruction, times in code.weighted(hot, inner):
                self.kinds[part.kind(instruction)] += times
        else:
            steps = amd.trace(code, hot, inner)
            self.kinds.update(amd.kind(text) for text, _ in steps)
            units = [amd.unit(text, taken, family, kernel.conflicts) for text, taken in steps]
            alone, full = (share_of_peak(units, family, waves, kernel.products) for waves in (1, self.waves))
            self.shares = (round(100 * alone), round(100 * full))
        # On AMD scalar instructions and jumps are issued beside vector ones, and do not count here.
        rivals = ("mad", "mov", "valu") if family != "intel" else self.kinds.keys() - {"branch"}
        self.mad = round(100 * self.kinds["mad"] / max(1, sum(self.kinds[kind] for kind in rivals)))

    def row(self):
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds.most_common() if kind not in ("mad", "hint"))
        share = " / ".join(f"{share} %" for share in self.shares) or "–"
        return (self.name, self.shader, self.registers, self.waves, self.spills, self.lds, self.kinds["mad"],
                "–" if self.mad is None else f"{self.mad} %", share, kinds or "–")

    def broken(self, bounds):
        """The bounds that do not hold, a line each."""
        row = first_match(bounds, self.name, self.shader)
        if row is None:
            return []
        spills, mad, waves = map(int, row)
        lines = []
        if self.spills > spills:
            lines.append(f"{self.spills} spills, at most {spills} allowed")
        if mad and (self.mad or 0) < mad:
            lines.append(f"{self.mad or 0} % multiply-adds in the hot loop, at least {mad} % wanted")
        if self.waves < waves:
            lines.append(f"{self.waves} waves, at least {waves} wanted")
        return [f"{self.name}: {self.shader}: {line}" for line in lines]


HEAD = ("GPU", "shader", "registers", "waves", "spills", "LDS", "multiply-adds", "their share", "of peak: 1 wave / full",
        "beside them in a turn of the hot loop")


def folded(rows):
    """Rows of shaders that differ in name alone become one."""
    alike = {}
    for gpu, shader, *figures in rows:
        alike.setdefault((gpu, shader.split(",")[0], *figures), []).append(shader)
    for (gpu, _, *figures), shaders in alike.items():
        yield (gpu, shaders[0] + (f" and {len(shaders) - 1} alike" if shaders[1:] else ""), *figures)


def markdown(rows):
    print("| " + " | ".join(HEAD) + " |\n|---|---|" + "---:|" * 7 + "---|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def options():
    p = argparse.ArgumentParser(prog="benches/compilers/run", description=__doc__.split(". Called")[0] + ".")
    p.add_argument("--gpu", help="only these of gcn, rdna2, rdna3 (AMD), xe (Intel), by commas")
    p.add_argument("--filter", default="*", help="only shaders that match this pattern, as linear_small,*")
    p.add_argument("--all", action="store_true", help="a row for each shader, also for those without a hot loop")
    p.add_argument("--shader", type=Path, nargs="+", default=[], metavar="NAME,CONSTANT=VALUE,….wgsl",
                   help="these files instead of the library's shaders; no bounds")
    p.add_argument("--products", help="of --shader: products of a lane in a turn of the hot loop; needed unless "
                   "kernels.txt knows a shader of that name")
    p.add_argument("--lanes", default="64", help="of --shader: lanes of a workgroup")
    p.add_argument("--conflicts", default="1", help="of --shader: lanes that meet in a bank of workgroup memory when they write")
    p.add_argument("--turns", default="", help="of --shader: turns of the loops inside the hot one, by commas, where "
                   "more than one multiplies")
    p.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    return p.parse_args()


def main():
    o, known = options(), table(HERE / "kernels.txt")
    found = gpus(o.program, o.gpu.split(",") if o.gpu else [])
    shaders = o.shader or sorted((WORK / "shaders").glob("*.wgsl"))
    shaders = [shader for shader in shaders if fnmatch.fnmatchcase(shader.stem, o.filter)]
    bounds = [] if o.shader else table(HERE / "bounds.txt")
    if not shaders:
        sys.exit(f"error: no shader matches {o.filter}")

    def kernel(shader):
        if o.shader and o.products:
            return Kernel(o.products, o.lanes, o.conflicts, o.turns)
        row = first_match(known, shader)
        return Kernel(*row) if row else None

    uses = {name: [s for s in shaders if first_match(bounds, name, s.stem) != ["-"]] for name in found}
    with ThreadPoolExecutor(2) as pool:
        failures = pool.map(lambda entry: compile_for(*entry, o.program, uses[entry[0]]), found.items())
        failures = [line for lines in failures for line in lines]
    figures = [
        Figures(name, gpu, shader.stem, kernel(shader.stem))
        for name, gpu in found.items() for shader in uses[name]
        if (WORK / "listings" / name / f"{shader.stem}.txt").exists()]
    markdown(folded(f.row() for f in figures if o.all or f.mad is not None))
    rest = [f for f in figures if f.mad is None]
    if rest and not o.all:
        print(f"\nAnd {len(rest)} without a hot loop of products: at most {max(f.registers for f in rest)} registers, "
              f"at least {min(f.waves for f in rest)} waves, {sum(f.spills for f in rest)} spills.")
    print("Compilers: " + ", ".join(dict.fromkeys(f.device for f in figures)) + ".")
    broken = failures + [line for f in figures for line in f.broken(bounds)]
    for line in broken:
        print(f"error: {line}", file=sys.stderr)
    sys.exit(1 if broken else 0)


main()
