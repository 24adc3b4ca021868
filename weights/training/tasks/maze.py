"""Mazes: boards that `hrm generate maze --csv` writes, the eight symmetries, classes by the moves of the shortest path.
The side is 15, or what MAZE_SIDE in the environment says."""
import csv, math, os
import numpy as np
import torch

SIDE = int(os.environ.get("MAZE_SIDE", 15))
NAME, SEQ_LEN, VOCAB = "maze", SIDE * SIDE, 6  # 0 unused, wall 1, free 2, start 3, goal 4, path 5
HARD = 4 * SIDE - 10  # moves of the shortest path, as hrm's generator has it
CLASSES = ["any", "hard"]
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
IDS = np.zeros(256, np.uint8)
IDS[[ord(c) for c in "# SGo"]] = [1, 2, 3, 4, 5]
CELL = np.arange(SEQ_LEN).reshape(SIDE, SIDE)
IMAGES = np.stack([np.rot90(grid, k).reshape(-1) for grid in (CELL, CELL.T) for k in range(4)])  # the eight symmetries


def positions(hidden, g):
    """A start that tells rows and columns apart: the sum of one direction for each."""
    q, _ = torch.linalg.qr(torch.randn(hidden, 2 * SIDE + 1, generator=g))
    r, c = np.divmod(np.arange(SEQ_LEN), SIDE)
    return torch.cat([q[:, 2 * SIDE:].T, (q[:, r] + q[:, SIDE + c]).T / math.sqrt(2)])


def masks():
    """The cell above, below, to the left, to the right; the prefix where the grid ends."""
    out = torch.zeros(4, SEQ_LEN + 1, SEQ_LEN + 1, dtype=torch.uint8)
    for kind, (dr, dc) in enumerate([(-1, 0), (1, 0), (0, -1), (0, 1)]):
        for p in range(SEQ_LEN):
            r, c = p // SIDE + dr, p % SIDE + dc
            out[kind, p + 1, r * SIDE + c + 1 if 0 <= r < SIDE and 0 <= c < SIDE else 0] = 1
    return out


def read(paths):
    """Questions and answers [n, SEQ_LEN], sources, moves of the shortest path."""
    rows = [row for path in paths for row in csv.DictReader(open(path)) if row["rating"]]
    grids = (IDS[np.frombuffer("".join(row[k] for row in rows).encode(), np.uint8)] for k in ("question", "answer"))
    x, y = (grid.reshape(len(rows), SEQ_LEN) for grid in grids)
    return x, y, np.array([row["source"] for row in rows]), np.array([int(row["rating"]) for row in rows])


class Source:
    def __init__(self, paths, seed):
        self.rng = np.random.default_rng(seed)
        self.x, self.y, _, moves = read(paths)
        self.rows = {"any": np.arange(len(moves)), "hard": np.flatnonzero(moves >= HARD)}

    def refresh(self):
        """The pool does not grow."""

    def describe(self):
        return f"pool of {len(self.x)} mazes, {len(self.rows['hard'])} of them hard"

    def sample(self, classes):
        rows = np.array([self.rng.choice(self.rows[c]) for c in classes])
        image = IMAGES[self.rng.integers(8, size=len(rows))]
        return tuple(np.take_along_axis(v[rows], image, 1).astype(np.int32) for v in (self.x, self.y))


def tests(paths, count):
    x, y, sources, _ = read(paths)
    first = {name: np.flatnonzero(sources == name)[:count] for name in sorted(set(sources.tolist()))}
    return {name: (x[rows].astype(np.int32), y[rows].astype(np.int32)) for name, rows in first.items()}
