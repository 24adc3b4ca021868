"""Sudoku: the pool that sudoku/generate writes, symmetries, sampling by class."""
import csv, math
import numpy as np
import torch

NAME, SEQ_LEN, VOCAB = "sudoku", 81, 11  # 0 unused, blank 1, digit k is k + 1
RECORD = 164  # puzzle 81, solution 81, kind, branch nodes
MINIMAL, HARD, FEW, EXTREME = KINDS = range(4)  # kinds of the pool
CLASSES = ["easy", "medium", "minimal", "few", "hard", "extreme"]
GIVENS = {"easy": (36, 60), "medium": (25, 37)}  # get givens of the solution added, up to a number in this range
SOURCE = {"few": FEW, "hard": HARD, "extreme": EXTREME}
CURRICULUM = {
    "scratch": [  # progress, easy, medium, minimal, few, hard, extreme
        (0.00, 1.00, 0.00, 0.00, 0.00, 0.00, 0.00),
        (0.02, 0.70, 0.30, 0.00, 0.00, 0.00, 0.00),
        (0.05, 0.30, 0.40, 0.20, 0.05, 0.05, 0.00),
        (0.15, 0.20, 0.45, 0.25, 0.04, 0.06, 0.00),
        (0.30, 0.10, 0.30, 0.40, 0.08, 0.12, 0.00),
        (0.45, 0.05, 0.20, 0.44, 0.11, 0.20, 0.00),
        (1.00, 0.03, 0.12, 0.42, 0.15, 0.28, 0.00),
    ],
    "further": [
        (0.00, 0.02, 0.04, 0.12, 0.07, 0.20, 0.55),
        (1.00, 0.02, 0.04, 0.12, 0.07, 0.20, 0.55),
    ],
}


def units():
    """Row, column and box of every cell: [3, 81]."""
    r, c = np.divmod(np.arange(81), 9)
    return np.stack([r, c, r // 3 * 3 + c // 3])


def positions(hidden, g):
    """A start that tells rows, columns and boxes apart: the sum of one direction for each."""
    q, _ = torch.linalg.qr(torch.randn(hidden, 28, generator=g))
    r, c, b = units()
    cells = (q[:, r] + q[:, 9 + c] + q[:, 18 + b]).T / math.sqrt(3)
    return torch.cat([q[:, 27:].T, cells])


def masks():
    """The other cells of the row, of the column, of the box."""
    same = units()[:, :, None] == units()[:, None, :]
    same &= ~np.eye(81, dtype=bool)
    return torch.from_numpy(np.pad(same, ((0, 0), (1, 0), (1, 0)))).to(torch.uint8)


def read_pool(paths):
    raw = [np.fromfile(p, np.uint8) for p in paths]
    return np.concatenate([r[: len(r) // RECORD * RECORD].reshape(-1, RECORD) for r in raw])


def permutations(rng, *shape):
    return rng.random(shape).argsort(-1)


def symmetry(rng, puzzles, solutions):
    """A random Sudoku symmetry per pair: digits, rows in bands, columns in stacks, bands, stacks, transpose."""
    n = len(puzzles)
    rows, columns = ((3 * permutations(rng, n, 3)[:, :, None] + permutations(rng, n, 3, 3)).reshape(n, 9) for _ in range(2))
    index = rows[:, :, None] * 9 + columns[:, None, :]
    index = np.where(rng.random((n, 1, 1)) < 0.5, index, index.transpose(0, 2, 1)).reshape(n, 81)
    digits = np.concatenate([np.zeros((n, 1), np.int64), 1 + permutations(rng, n, 9)], 1)
    return (np.take_along_axis(digits, np.take_along_axis(v, index, 1).astype(np.int64), 1) for v in (puzzles, solutions))


def add_givens(rng, puzzles, solutions, wanted):
    score = np.where(puzzles == 0, rng.random(puzzles.shape), 2)
    rank = score.argsort(1).argsort(1)
    return np.where(rank < (wanted - (puzzles > 0).sum(1))[:, None], solutions, puzzles)


def tokens(digits):
    return np.asarray(digits, np.int32) + 1


class Source:
    def __init__(self, paths, seed):
        self.rng = np.random.default_rng(seed)
        self.paths = paths
        self.refresh()

    def refresh(self):
        self.use(read_pool(self.paths))

    def use(self, pool):
        self.pool = pool
        self.kind = [np.flatnonzero(pool[:, 162] == k) for k in KINDS]

    def describe(self):
        return "pool of {} minimal, {} hard, {} few, {} extreme".format(*(len(k) for k in self.kind))

    def sample(self, classes, givens=None):
        rng, n = self.rng, len(classes)
        classes = np.array(classes)
        source = np.select([classes == c for c in SOURCE], list(SOURCE.values()), MINIMAL)
        mixed = np.isin(classes, list(GIVENS)) & (rng.random(n) < 0.2)
        source[mixed] = rng.integers(1, 3, mixed.sum())
        at = np.zeros(n, int)
        for k, among in enumerate(self.kind):
            of = source == k
            at[of] = among[rng.integers(len(among), size=of.sum())] if of.any() else 0
        rec = self.pool[at]
        wanted = np.zeros(n, int)
        for c in CLASSES:
            if givens or c in GIVENS:
                of = classes == c
                wanted[of] = rng.integers(*(givens or GIVENS[c]), size=of.sum())
        solutions = rec[:, 81:162]
        puzzles = add_givens(rng, rec[:, :81], solutions, wanted)
        return tuple(tokens(v) for v in symmetry(rng, puzzles, solutions))


def check_sets(paths, count):
    """Of CSV files: the first puzzles of each source."""
    rows = [row for path in paths for row in csv.DictReader(open(path))]
    grid = lambda text: [int(c) if c.isdigit() else 0 for c in text]
    out = {}
    for source in dict.fromkeys(row["source"] for row in rows):
        of = [row for row in rows if row["source"] == source][:count]
        out[source] = tuple(tokens([grid(row[column]) for row in of]) for column in ("question", "answer"))
    return out


def tests(paths, count, seed=7):
    """Test sets from pools, made by class, or from CSV files as they are."""
    if paths[0].endswith(".csv"):
        return check_sets(paths, count)
    pool = read_pool(paths)
    sets = {"givens 31-36": ("medium", (31, 37), 0, 255), "minimal": ("minimal", None, 0, 255),
            "few clues (<= 20)": ("few", None, 0, 255), "guesses 10-19": ("hard", None, 10, 19),
            "guesses 20-39": ("hard", None, 20, 39), "guesses 40+": ("hard", None, 40, 255),
            "extreme": ("extreme", None, 0, 255)}
    out = {}
    for name, (cls, givens, low, high) in sets.items():
        if cls == "extreme" and not (pool[:, 162] == EXTREME).any():
            continue
        source = Source(paths, seed)
        source.use(pool[(pool[:, 163] >= low) & (pool[:, 163] <= high)])
        out[name] = source.sample([cls] * count, givens)
    return out
