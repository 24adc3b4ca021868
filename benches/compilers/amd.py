"""AMD's listings, as RADV's compiler ACO prints them."""
import re

from listing import Code
from model import Unit

# Vector registers of a SIMD for a wave of 64 lanes, and how many are handed out at a time; waves that a SIMD holds;
# bytes of workgroup memory that `simds` of them share.
LIMITS = {
    "gcn": dict(registers=256, step=4, waves=10, memory=65536, simds=4),
    "rdna2": dict(registers=512, step=8, waves=16, memory=131072, simds=4),
    "rdna3": dict(registers=768, step=12, waves=16, memory=131072, simds=4),
}
KNOWN = ("v_", "s_", "ds_", "buffer_", "global_", "scratch_", "flat_")


def parse(line):
    line = line.split(";")[0].strip()
    label = re.match(r"(BB\d+):", line)
    if label:
        return "label", label[1]
    return ("code", line) if line.startswith(KNOWN) else None


def target(instruction):
    if instruction.startswith(("s_branch", "s_cbranch")):
        return re.search(r"\bBB\d+\b", instruction)[0]
    return None


def products(instruction):
    """Products that are added to a sum; the sums of sums of f16 (`v_fma_mix`) are none."""
    if instruction.startswith("v_pk_fma_f16"):
        return 2
    if instruction.startswith("v_dot4"):
        return 4
    if instruction.startswith("v_dual_"):
        return instruction.count("v_dual_fma")
    return int(bool(re.match(r"v_(fma|fmac|mac|mad|fmaak|fmamk)_(legacy_)?f(32|16)", instruction)))


CLASSES = (
    ("spill", r"scratch_|buffer_.* s\[0:3\].* offen.*scratch"), ("lds read", r"ds_(read|load)"), ("lds write", r"ds_"),
    ("load", r"(buffer|global|flat)_load"), ("store", r"(buffer|global|flat)_store"), ("smem", r"s_(buffer_)?load"),
    ("wait", r"s_wait"), ("branch", r"s_c?branch"), ("hint", r"s_(nop|clause|delay|barrier|inst|sethalt)"),
    ("mov", r"v_(dual_)?mov|v_swap"), ("valu", r"v_"), ("salu", r"s_"),
)


def kind(instruction):
    if products(instruction):
        return "mad"
    return next(name for name, pattern in CLASSES if re.match(pattern, instruction))


def code(listing):
    return Code(listing.parts["Assembly"], parse, target, products)


def waves(listing, family, lanes):
    """Waves that a SIMD holds, by registers and workgroup memory."""
    limit = LIMITS[family]
    registers = -(-max(listing.number("VGPRs"), 1) // limit["step"]) * limit["step"]
    held = min(limit["waves"], limit["registers"] // registers)
    memory = listing.number("LDS size")
    if memory:
        groups = limit["memory"] // memory
        held = min(held, -(-groups * -(-lanes // 64) // limit["simds"]))
    return held


def trace(code, hot, inner):
    """The instructions of a turn of the hot loop in the order in which a wave meets them, with whether a jump is taken.

    Inner loops turn as often as `inner` says. Code under a mask is run (another lane needs it); a jump inside an inner
    loop that skips code of it is taken seven times out of eight, as where eight sums of f16 are added up."""
    turns = {first: (last, times) for (first, last), times in inner.items()}
    visits, skips, steps = {}, {}, []
    at = hot[0]
    while at <= hot[1] and len(steps) < 100_000:
        if at in turns:
            visits[at] = visits.get(at, 0) + 1
        text, to = code.text[at], code.jumps[at]
        if not text.startswith(("s_branch", "s_cbranch")):
            steps.append((text, False))
            at += 1
            continue
        around = [(first, last) for first, (last, _) in turns.items() if first <= at <= last]
        if text.startswith("s_branch"):
            taken = True
        elif to is not None and to <= at:
            taken = to == hot[0] or visits.get(to, 0) < turns.get(to, (0, 1))[1]
        elif around:
            first, last = max(around)
            taken = False
            if to is None or to > last:
                taken = visits[first] > turns[first][1]
            elif "exec" not in text:
                skips[at] = skips.get(at, 0) + 1
                taken = skips[at] % 8 != 0
        else:
            taken = False
        steps.append((text, taken))
        if taken and (to is None or to == hot[0]):
            break
        at = to if taken else at + 1
        for first, (last, _) in turns.items():
            if not first <= at <= last:
                visits[first] = 0
    return steps


def registers(operand):
    span = re.match(r"-?\|?v\[(\d+):(\d+)\]", operand)
    if span:
        return range(int(span[1]), int(span[2]) + 1)
    one = re.match(r"-?\|?v(\d+)", operand)
    return (int(one[1]),) if one else ()


QUICK = r"v_(dual_|fmac_f32|fma_f32|mul_f32|add_f32|sub_f32|mov_b32|pk_fma_f16|max_f32|fmaak|fmamk)"


def unit(text, taken, family, conflicts):
    """What an instruction asks of the SIMD, for the model."""
    name, _, rest = text.partition(" ")
    operands = [operand.strip() for operand in rest.split(",")]
    words = 4 if re.search(r"x4|b128", name) else 2 if re.search(r"x2|b64", name) else 1
    if name.startswith("s_wait"):
        number = lambda counter: int(found[1]) if (found := re.search(counter + r"\((\d+)\)", text)) else None
        return Unit("wait", loads=number("vmcnt"), reads=number("lgkmcnt"))
    if target(text):
        return Unit("branch", taken=taken)
    if kind(text) == "hint":
        return Unit("hint")
    if kind(text) == "smem":
        return Unit("smem")
    if name.startswith("v_"):
        speed = "quick" if re.match(QUICK, name) else "valu"
        if re.match(r"v_(exp|rcp|rsq|sqrt|log)", name):
            speed = "slow"
        if re.match(r"v_mul_(lo|hi)_u32", name):
            speed = "four"
        writes = () if name.startswith("v_cmp") else registers(operands[0])
        reads = [r for operand in operands[1:] for r in registers(operand)]
        reads += list(writes) if "fmac" in name else []
        return Unit("valu", speed=speed, writes=writes, reads_of=reads)
    if name.startswith("ds_"):
        write = bool(re.search("write|store", name))
        twice = 2 if re.search("read2|2addr|write2", name) else 1
        return Unit("lds", bytes=256 * words * twice * (conflicts if write else 1))
    if kind(text) == "load":
        return Unit("load", bytes=256 * words)
    return Unit("store") if kind(text) in ("store", "spill") else Unit("salu")
