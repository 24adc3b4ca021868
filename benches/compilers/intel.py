"""Intel's listings, as ANV's compiler prints them."""
import re

from listing import Code

THREADS = 8  # that an execution unit holds at most
REGISTERS = 128  # that every thread has


def parse(line):
    label = re.match(r"(LABEL\d+):", line)
    if label:
        return "label", label[1]
    return ("code", line.strip()) if re.match(r"(\([^)]*\) )?[a-z][a-z0-9.]*\(\d+\)", line) else None


def name(instruction):
    return re.match(r"(?:\([^)]*\) )?([a-z0-9]+)", instruction)[1]


def target(instruction):
    return re.search(r"LABEL\d+", instruction)[0] if name(instruction) == "while" else None


def products(instruction):
    return int(name(instruction) in ("mad", "mac"))


CONTROL = ("if", "else", "endif", "while", "break", "cont", "do", "halt", "jmpi", "nop", "sync")


def kind(instruction):
    what = name(instruction)
    if products(instruction):
        return "mad"
    if what.startswith("send"):
        return "message"
    return "mov" if what == "mov" else "branch" if what in CONTROL else "alu"


def code(listing):
    text = listing.parts.get("GEN Assembly") or list(listing.parts.values())[-1]
    return Code(text, parse, target, products)
