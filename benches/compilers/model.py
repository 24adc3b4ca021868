"""A rough model of one SIMD of an AMD GPU that runs several waves of a loop, each in order.

It knows who issues when, the bandwidth of workgroup memory and of the first cache (shared by the SIMDs of a compute unit),
and what waits for what. It knows no caches beyond, no clocks and no other kernels: trust its ratios, not its cycles."""
from dataclasses import dataclass, field

# Cycles: of a vector instruction of 64 lanes (`quick`: f32), of scalar ones and jumps; until a result is there. `shared`:
# SIMDs that share workgroup memory. `slot`: how often a SIMD issues instructions of one kind.
FAMILIES = {
    "rdna2": dict(quick=2, valu=2, four=8, slow=8, salu=2, taken=12, passed=3, lds=40, smem=70, result=6, shared=2, slot=1),
    "rdna3": dict(quick=1, valu=2, four=8, slow=8, salu=2, taken=12, passed=3, lds=40, smem=70, result=6, shared=2, slot=1),
    "gcn": dict(quick=4, valu=4, four=16, slow=16, salu=4, taken=16, passed=4, lds=64, smem=50, result=4, shared=4, slot=4),
}
LOAD = 400  # cycles until a load from global memory is there
TURNS = 6


@dataclass
class Unit:
    """What an instruction asks for."""

    kind: str
    speed: str = "valu"
    taken: bool = False
    bytes: int = 0
    writes: tuple = ()
    reads_of: tuple = ()
    loads: int | None = None
    reads: int | None = None


@dataclass
class Wave:
    time: float
    at: int = 0
    turns: list = field(default_factory=list)
    loads: list = field(default_factory=list)
    reads: list = field(default_factory=list)
    ready: dict = field(default_factory=dict)

    def wait(self, name, left):
        """Waits until no more than `left` of what was asked for is on its way."""
        pending = getattr(self, name)
        if left is not None and len(pending) > left:
            cut = len(pending) - left
            self.time = max([self.time, *pending[:cut]])
            setattr(self, name, pending[cut:])


class Simd:
    def __init__(self, family):
        self.cost = FAMILIES[family]
        self.ports = dict.fromkeys(("valu", "salu", "smem", "lds", "load", "branch"), 0.0)
        self.lds, self.cache = 0.0, 0.0

    def issue(self, wave, port, cycles=None):
        """Waits for the port, keeps it busy, and returns the time at which it was free."""
        start = max(wave.time, self.ports[port])
        self.ports[port] = start + (self.cost["slot"] if cycles is None else cycles)
        return start

    def step(self, wave, u):
        cost = self.cost
        if u.kind == "wait":
            wave.wait("loads", u.loads)
            wave.wait("reads", u.reads)
            wave.time += 1
        elif u.kind == "hint":
            wave.time += 1
        elif u.kind == "branch":
            wave.time = self.issue(wave, "branch") + cost["taken" if u.taken else "passed"]
        elif u.kind == "salu":
            wave.time = self.issue(wave, "salu") + cost["salu"]
        elif u.kind == "smem":
            start = self.issue(wave, "smem")
            wave.reads = sorted([*wave.reads, start + cost["smem"]])
            wave.time = start + cost["slot"]
        elif u.kind == "valu":
            wave.time = max([wave.time, *(wave.ready.get(r, 0.0) for r in u.reads_of)])
            start = self.issue(wave, "valu", cost[u.speed])
            for register in u.writes:
                wave.ready[register] = start + max(cost["result"], cost[u.speed])
            wave.time = start + cost["slot"]
        elif u.kind == "lds":
            start = self.issue(wave, "lds")
            begin = max(start, self.lds)
            self.lds = begin + max(u.bytes / 128, 2) * cost["shared"]
            wave.reads.append(self.lds + cost["lds"])
            wave.time = max(start + cost["slot"], begin - 64)
        else:
            start = self.issue(wave, "load")
            begin = max(start, self.cache)
            self.cache = begin + (max(u.bytes / 64, 4) * cost["shared"] if u.kind == "load" else 16)
            wave.loads.append(self.cache + LOAD)
            wave.time = max(start + cost["slot"], begin - 256)


def share_of_peak(units, family, waves, products):
    """The share of the f32 products that the SIMD could make in the time that `waves` waves take for a turn each."""
    simd = Simd(family)
    all_waves = [Wave(time=37.0 * number) for number in range(waves)]
    while True:
        live = [wave for wave in all_waves if len(wave.turns) < TURNS]
        if not live:
            break
        wave = min(live, key=lambda wave: wave.time)
        simd.step(wave, units[wave.at])
        wave.at += 1
        if wave.at == len(units):
            wave.at = 0
            wave.turns.append(wave.time)
    first, last = (max(wave.turns[turn] for wave in all_waves) for turn in (1, -1))
    cycles = (last - first) / (TURNS - 2) / waves
    return products * FAMILIES[family]["quick"] / cycles
