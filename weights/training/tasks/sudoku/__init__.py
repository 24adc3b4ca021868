"""Sudoku: the pool that `generate` and `extreme` write, augmentations, sampling by level."""
import csv, math
import numpy as np
import torch
from ..definition import Definition, Pool, directions, unnamed

SIDE = 9
CELLS = SIDE * SIDE
BLANK = 1  # the id of an empty cell; digit k is k + 1, and 0 is unused
RECORD = 2 * CELLS + 2  # question and answer in digits, kind, branch nodes
KIND, NODES = 2 * CELLS, 2 * CELLS + 1
MINIMAL, HARD, FEW, EXTREME = KINDS = range(4)  # kinds of the pool
GIVENS = {"easy": (36, 60), "medium": (25, 37)}  # get givens of the answer added, up to a number in this range
KIND_OF = {"few": FEW, "hard": HARD, "extreme": EXTREME}  # of a level; minimal for the others
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
        (0.00, 0.02, 0.03, 0.12, 0.10, 0.31, 0.42),
        (1.00, 0.02, 0.03, 0.12, 0.10, 0.31, 0.42),
    ],
}


def units():
    """Row, column and box of every cell: [3, CELLS]."""
    r, c = np.divmod(np.arange(CELLS), SIDE)
    return np.stack([r, c, r // 3 * 3 + c // 3])


def read_records(paths):
    raw = [np.fromfile(p, np.uint8) for p in paths]
    return np.concatenate([r[: len(r) // RECORD * RECORD].reshape(-1, RECORD) for r in raw])


def permutations(rng, *shape):
    return rng.random(shape).argsort(-1)


def augment(rng, questions, answers):
    """A random symmetry for each pair: digits, rows in bands, columns in stacks, bands, stacks, transpose."""
    n = len(questions)
    rows, columns = ((3 * permutations(rng, n, 3)[:, :, None] + permutations(rng, n, 3, 3)).reshape(n, SIDE) for _ in range(2))
    index = rows[:, :, None] * SIDE + columns[:, None, :]
    index = np.where(rng.random((n, 1, 1)) < 0.5, index, index.transpose(0, 2, 1)).reshape(n, CELLS)
    ids = np.concatenate([np.tile([0, BLANK], (n, 1)), BLANK + 1 + permutations(rng, n, SIDE)], 1).astype(np.int32)
    return tuple(np.take_along_axis(ids, np.take_along_axis(v, index, 1), 1) for v in (questions, answers))


def add_givens(rng, questions, answers, wanted):
    """Questions with so many givens, where they had fewer."""
    score = np.where(questions == BLANK, rng.random(questions.shape), 2)
    rank = score.argsort(1).argsort(1)
    return np.where(rank < (wanted - (questions > BLANK).sum(1))[:, None], answers, questions)


class SudokuPool(Pool):
    def __init__(self, paths, seed):
        super().__init__(seed)
        self.paths = paths
        self.refresh()

    def refresh(self):
        self.use(read_records(self.paths))

    def use(self, records):
        self.records = records
        self.of_kind = [np.flatnonzero(records[:, KIND] == k) for k in KINDS]

    def describe(self):
        return "pool of {} minimal, {} hard, {} few, {} extreme".format(*(len(k) for k in self.of_kind))

    def sample(self, levels, givens=None):
        rng, n = self.rng, len(levels)
        levels = np.array(levels)
        kind = np.select([levels == level for level in KIND_OF], list(KIND_OF.values()), MINIMAL)
        mixed = np.isin(levels, list(GIVENS)) & (rng.random(n) < 0.2)
        kind[mixed] = rng.integers(1, 3, mixed.sum())
        at = np.zeros(n, int)
        for k, among in enumerate(self.of_kind):
            here = kind == k
            at[here] = among[rng.integers(len(among), size=here.sum())] if here.any() else 0
        wanted = np.zeros(n, int)
        for level in Sudoku.levels:
            if givens or level in GIVENS:
                here = levels == level
                wanted[here] = rng.integers(*(givens or GIVENS[level]), size=here.sum())
        ids = self.records[at, :2 * CELLS].astype(np.int32) + BLANK
        questions, answers = ids[:, :CELLS], ids[:, CELLS:]
        return unnamed(*augment(rng, add_givens(rng, questions, answers, wanted), answers))


class Sudoku(Definition):
    name = "sudoku"
    side = SIDE
    vocab_size = 11
    alphabet = ".123456789"
    blank = BLANK
    levels = ("easy", "medium", "minimal", "few", "hard", "extreme")
    curriculum = CURRICULUM

    def __init__(self, side=None):
        super().__init__(side)
        if self.side != SIDE:
            raise ValueError(f"expected {SIDE} rows for Sudoku, found {self.side}")

    def positions(self, hidden, generator):
        """A start that tells rows, columns and boxes apart: the sum of one direction for each."""
        q = directions(3 * SIDE + 1, hidden, generator)
        r, c, b = units()
        cells = (q[:, r] + q[:, SIDE + c] + q[:, 2 * SIDE + b]).T / math.sqrt(3)
        return torch.cat([q[:, 3 * SIDE:].T, cells])

    def masks(self):
        """The other cells of the row, of the column, of the box."""
        same = units()[:, :, None] == units()[:, None, :]
        same &= ~np.eye(CELLS, dtype=bool)
        return torch.from_numpy(np.pad(same, ((0, 0), (1, 0), (1, 0)))).to(torch.uint8)

    def pool(self, paths, seed):
        return SudokuPool(paths, seed)

    def check_sets(self, paths, count):
        """Of CSV files the first puzzles of each source; from a pool, puzzles by level."""
        return self.from_csv(paths, count) if paths[0].endswith(".csv") else self.from_pool(paths, count)

    def from_csv(self, paths, count):
        rows = [row for path in paths for row in csv.DictReader(open(path))]
        sets = {}
        for source in dict.fromkeys(row["source"] for row in rows):
            first = [row for row in rows if row["source"] == source][:count]
            sets[source] = unnamed(*(self.ids(row[column].replace("0", ".") for row in first) for column in ("question", "answer")))
        return sets

    def from_pool(self, paths, count, seed=7):
        records = read_records(paths)
        wanted = {"givens 31-36": ("medium", (31, 37), 0, 255), "minimal": ("minimal", None, 0, 255),
                  "few clues (<= 20)": ("few", None, 0, 255), "guesses 10-19": ("hard", None, 10, 19),
                  "guesses 20-39": ("hard", None, 20, 39), "guesses 40+": ("hard", None, 40, 255),
                  "extreme": ("extreme", None, 0, 255)}
        sets = {}
        for name, (level, givens, low, high) in wanted.items():
            if level == "extreme" and not (records[:, KIND] == EXTREME).any():
                continue
            pool = SudokuPool(paths, seed)
            pool.use(records[(records[:, NODES] >= low) & (records[:, NODES] <= high)])
            sets[name] = pool.sample([level] * count, givens)
        return sets
