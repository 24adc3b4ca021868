"""Mazes: boards that `hrm generate maze --csv` writes, the eight symmetries, levels by the moves of the shortest path."""
import csv, math
import numpy as np
import torch
from ..definition import Definition, Pool, directions

CURRICULUM = {
    "scratch": [  # progress, any, hard
        (0.00, 1.00, 0.00),
        (0.03, 1.00, 0.00),
        (0.10, 0.60, 0.40),
        (0.30, 0.25, 0.75),
        (1.00, 0.20, 0.80),
    ],
    "further": [(0.00, 0.20, 0.80)],
}
CURRICULUM["grown"] = CURRICULUM["scratch"]


def hard(side):
    """Moves of a long shortest path, as `hrm generate` has it."""
    return 4 * side - 10


def augmentations(side):
    """The eight symmetries of a board: which cell comes where."""
    cells = np.arange(side ** 2).reshape(side, side)
    return np.stack([np.rot90(board, k).reshape(-1) for board in (cells, cells.T) for k in range(4)])


class MazePool(Pool):
    def __init__(self, task, paths, seed):
        super().__init__(seed)
        self.augmentations = augmentations(task.side)
        self.questions, self.answers, _, moves = task.read(paths)
        self.rows = {"any": np.arange(len(moves)), "hard": np.flatnonzero(moves >= hard(task.side))}

    def describe(self):
        return f"pool of {len(self.questions)} mazes, {len(self.rows['hard'])} of them hard"

    def sample(self, levels):
        rows = np.array([self.rng.choice(self.rows[level]) for level in levels])
        index = self.augmentations[self.rng.integers(len(self.augmentations), size=len(rows))]
        return tuple(np.take_along_axis(v[rows], index, 1) for v in (self.questions, self.answers))


class Maze(Definition):
    name = "maze"
    side = 30
    vocab_size = 6
    alphabet = "# SGo"
    blank = 2
    levels = ("any", "hard")
    curriculum = CURRICULUM

    def positions(self, hidden, generator):
        """A start that tells rows and columns apart: the sum of one direction for each."""
        q = directions(2 * self.side + 1, hidden, generator)
        r, c = np.divmod(np.arange(self.cells), self.side)
        return torch.cat([q[:, 2 * self.side:].T, (q[:, r] + q[:, self.side + c]).T / math.sqrt(2)])

    def masks(self):
        """The cell above, below, to the left, to the right; the prefix where the grid ends."""
        out = torch.zeros(4, self.cells + 1, self.cells + 1, dtype=torch.uint8)
        for kind, (dr, dc) in enumerate([(-1, 0), (1, 0), (0, -1), (0, 1)]):
            for p in range(self.cells):
                r, c = p // self.side + dr, p % self.side + dc
                out[kind, p + 1, r * self.side + c + 1 if 0 <= r < self.side and 0 <= c < self.side else 0] = 1
        return out

    def read(self, paths):
        """Questions, answers, sources and moves of the shortest path."""
        rows = [row for path in paths for row in csv.DictReader(open(path)) if row["rating"]]
        questions, answers = (self.ids(row[column] for row in rows) for column in ("question", "answer"))
        return questions, answers, np.array([row["source"] for row in rows]), np.array([int(row["rating"]) for row in rows])

    def pool(self, paths, seed):
        return MazePool(self, paths, seed)

    def check_sets(self, paths, count):
        questions, answers, sources, _ = self.read(paths)
        first = {name: np.flatnonzero(sources == name)[:count] for name in sorted(set(sources.tolist()))}
        return {name: (questions[rows], answers[rows]) for name, rows in first.items()}
