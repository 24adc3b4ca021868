"""Writes a model card from measured files. usage: card.py RUN OUT.md
RUN holds card.md, a template in which {name} and {name:argument} stand for what is computed here; levels.json, the names of the
data's levels in their order; and measured/*.csv, written by the example `trajectory`."""
import csv, hashlib, json, os, re, struct, sys
import numpy as np

RUN, OUT = sys.argv[1:3]
MODEL = os.path.dirname(OUT)
MARKS = (1, 2, 4, 8, 16, 32, 64)
LABELS = json.load(open(os.path.join(RUN, "levels.json")))


class Measured:
    """What `trajectory` wrote: bits [samples, segments] and the level of each sample."""

    def __init__(self, name):
        rows = list(csv.DictReader(open(os.path.join(RUN, "measured", name + ".csv"))))
        self.segments = int(rows[0]["segments"])
        bits = lambda text: [c == "1" for c in f"{int(text, 16):0{self.segments}b}"]
        self.exact, self.sure, self.same = (np.array([bits(r[k]) for r in rows]) for k in ("exact", "sure", "same"))
        self.source = np.array([r["source"] for r in rows])

    def levels(self):
        return [c for c in LABELS if c in self.source]

    def of(self, name):
        here = self.source == name
        return self.exact[here], self.sure[here], self.same[here]


def percent(values, digits=1):
    return f"{100 * np.mean(values):.{digits}f}" if np.size(values) else "–"


def error(values):
    """Standard error of a share."""
    p = np.mean(values)
    return (p * (1 - p) / len(values)) ** 0.5


def stop(fires, exact, limit):
    """Who stops within `limit` segments, when, and whether the answer is right then."""
    fires = fires[:, :limit]
    stopped = fires.any(1)
    at = np.where(stopped, fires.argmax(1), limit - 1)
    return stopped, at, exact[np.arange(len(exact)), at]


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows])


def solves(name):
    """Share solved after each number of segments, and with the rule `valid` (here: the first segment that is right)."""
    m = Measured(name)
    marks = [s for s in MARKS if s <= m.segments]
    limits = [s for s in (16, 64) if s <= m.segments]
    rows = []
    for level in m.levels():
        exact, _, _ = m.of(level)
        ends = [stop(exact, exact, n) for n in limits]
        rows.append([LABELS[level], str(len(exact))] + [percent(exact[:, s - 1]) for s in marks] + [f"{percent(right)} ({np.mean(at) + 1:.1f})" for _, at, right in ends])
    return table(["class", "puzzles"] + [str(s) for s in marks] + [f"valid, at most {n}" for n in limits], rows)


def rates(name):
    """Share solved after each number of segments."""
    m = Measured(name)
    marks = [s for s in MARKS if s <= m.segments]
    rows = [[LABELS[level], str(len(m.of(level)[0]))] + [percent(m.of(level)[0][:, s - 1]) for s in marks] for level in m.levels()]
    return table(["class", "puzzles"] + [str(s) for s in marks], rows)


def paths(names):
    """Summaries of `hrm eval --json` over mazes: {paths:NAME NAME/SOURCE …} reads measured/NAME.json."""
    rows = []
    for name in names.split():
        file, _, source = name.partition("/")
        s = json.load(open(os.path.join(RUN, "measured", file + ".json")))
        s, label = (s["by"][source], f"`{file}`, {LABELS[source]}") if source else (s, f"`{file}`")
        shares = [percent(s[k]) for k in ("valid_paths", "shortest_paths")]
        rows.append([label, str(s["samples"])] + shares + [f"{s['mean_segments']:.2f}"])
    return table(["rule", "boards", "valid paths, %", "shortest paths, %", "mean segments"], rows)


def halting(name):
    """How the rules `learned` and `stable` stop within 16 segments."""
    m = Measured(name)
    rows = []
    for level in m.levels():
        exact, sure, same = m.of(level)
        row = [LABELS[level]]
        for fires in (sure, sure & same):
            stopped, at, right = stop(fires, exact, 16)
            row += [percent(stopped), f"{right[stopped].sum()} of {stopped.sum()} ({percent(right[stopped])} %)", f"{np.mean(at) + 1:.1f}"]
        rows.append(row)
    return table(["class", "`learned` stops, %", "right", "mean segments", "`stable` stops, %", "right", "mean segments"], rows)


def drift(name):
    """Right after an earlier segment and wrong after the last."""
    m = Measured(name)
    lost = [(s, (m.exact[:, s - 1] & ~m.exact[:, -1]).sum()) for s in (8, 16, 32) if s < m.segments]
    return ", ".join(f"{n} that were right after {s}" for s, n in lost) + f" are wrong after {m.segments}, of {len(m.exact)}"


def against(a, b):
    """Verdicts after 16 segments that differ between two measurements of the same puzzles."""
    x, y = (Measured(n).exact[:, 15] for n in (a, b))
    n = min(len(x), len(y))
    x, y = x[:n], y[:n]
    return f"{(x != y).sum()} of {n} verdicts differ ({percent(x != y, 2)} %); solved {percent(x, 2)} % and {percent(y, 2)} %, standard error {100 * error(x):.2f}"


def example(argument):
    """The question of the first puzzle of a level that stays unsolved: {example:MEASURED DATA LEVEL}."""
    name, data, level = argument.split()
    m = Measured(name)
    questions = [r["question"] for r in csv.DictReader(open(os.path.join(RUN, data)))]
    unsolved = np.flatnonzero((m.source == level) & ~m.exact.any(1))
    return questions[unsolved[0]] if len(unsolved) else "none of this level"


def tensors():
    raw = open(os.path.join(MODEL, "model.safetensors"), "rb").read()
    head = json.loads(raw[8:8 + struct.unpack("<Q", raw[:8])[0]])
    head.pop("__metadata__", None)
    return raw, head


def parameters():
    return f"{sum(int(np.prod(t['shape'])) for n, t in tensors()[1].items() if not n.endswith('_init')):,}".replace(",", " ")


COMPUTED = {
    "solves": solves, "rates": rates, "paths": paths, "halting": halting, "drift": drift, "example": example,
    "against": lambda argument: against(*argument.split()),
    "parameters": parameters,
    "megabytes": lambda: f"{len(tensors()[0]) / 1e6:.1f}",
    "hash": lambda: hashlib.sha256(tensors()[0]).hexdigest(),
    "config": lambda key: str(json.load(open(os.path.join(MODEL, "config.json")))[key]),
}
template = open(os.path.join(RUN, "card.md")).read()
card = re.sub(r"\{(\w+)(?::([^}]*))?\}", lambda m: COMPUTED[m[1]](*([m[2]] if m[2] else [])), template)
with open(OUT, "w") as f:
    f.write("<!-- made by weights/training/card.py: change the template there -->\n" + card)
