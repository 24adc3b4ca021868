"""Mazes: boards that `hrm generate maze --csv` writes, also smaller ones in a corner between walls; the eight symmetries.

Several paths may be shortest. A rule says which of them is drawn (paths.py), after a board was turned, so that it is the same
rule in each orientation; but any shortest path is right, and a sample that found another one is no longer drawn to the rule's."""
import csv, math
import numpy as np
import torch
from ..definition import Definition, Pool, directions, unnamed
from .paths import FREE, GOAL, PATH, START, WALL, answers

# Of the levels of `hrm generate`: `any` and `hard` are scattered, corridors and official ones of any length and, in the first
# two, of a long one; `official`, `rooms` and `drawn` as there; `small` all boards of a smaller side.
CURRICULUM = {
    "scratch": [  # progress, any, hard, official, rooms, drawn, small
        (0.00, 0.70, 0.00, 0.00, 0.15, 0.15, 0.00),
        (0.03, 0.70, 0.00, 0.00, 0.15, 0.15, 0.00),
        (0.10, 0.40, 0.25, 0.10, 0.10, 0.10, 0.05),
        (0.30, 0.10, 0.35, 0.30, 0.10, 0.10, 0.05),
        (1.00, 0.10, 0.35, 0.30, 0.10, 0.10, 0.05),
    ],
    "further": [(0.00, 0.10, 0.35, 0.30, 0.10, 0.10, 0.05)],
}
CURRICULUM["grown"] = CURRICULUM["scratch"]
AUGMENTATIONS = 8


def hard(side):
    """Moves of a long shortest path, as `hrm generate` has it; 110 at the official side."""
    return 4 * side - 10


def augment(rng, boards, side):
    """A random symmetry of each board, rotated or mirrored."""
    cells = np.arange(side ** 2).reshape(side, side)
    images = np.stack([np.rot90(board, k).reshape(-1) for board in (cells, cells.T) for k in range(AUGMENTATIONS // 2)])
    return np.take_along_axis(boards, images[rng.integers(AUGMENTATIONS, size=len(boards))], 1)


class MazePool(Pool):
    def __init__(self, task, paths, seed):
        super().__init__(seed)
        self.side = task.side
        self.questions, sources, moves, sides = task.read(paths)
        whole, long = sides == task.side, moves >= hard(task.side)
        mazes = np.isin(sources, ["scattered", "corridors"])
        self.rows = {"any": whole & (mazes | (sources == "official")), "hard": whole & mazes & long,
                     "official": whole & (sources == "official") & long, "rooms": whole & (sources == "rooms"),
                     "drawn": whole & (sources == "drawn"), "small": ~whole}
        self.rows = {level: np.flatnonzero(rows) for level, rows in self.rows.items()}

    def missing(self):
        return [level for level, rows in self.rows.items() if not len(rows)]

    def describe(self):
        return "pool of " + ", ".join(f"{len(rows)} {level}" for level, rows in self.rows.items())

    def sample(self, levels):
        rows = np.array([self.rng.choice(self.rows[level]) for level in levels])
        questions = augment(self.rng, self.questions[rows], self.side).astype(np.int32)
        return unnamed(questions, answers(questions, self.side))


class Maze(Definition):
    name = "maze"
    side = 30
    vocab_size = 6
    alphabet = "# SGo"
    blank = FREE
    levels = ("any", "hard", "official", "rooms", "drawn", "small")
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

    def right(self, questions, answers, predictions):
        """Any shortest path: as many cells as in the answer, start and goal touch one of its cells, each cell of it two."""
        asked, shown = (v.view(-1, self.side, self.side) for v in (questions, predictions))
        path, chain = shown == PATH, shown >= START
        kept = (shown == asked) | (path & (asked == FREE))
        near = torch.nn.functional.pad(chain.int(), (1, 1, 1, 1))
        touching = near[:, :-2, 1:-1] + near[:, 2:, 1:-1] + near[:, 1:-1, :-2] + near[:, 1:-1, 2:]
        whole = kept & (~chain | (touching == 1 + path.int()))
        return whole.flatten(1).all(1) & ((predictions == PATH).sum(1) == (answers == PATH).sum(1))

    def read(self, paths):
        """Questions in uint8, sources, moves of the shortest path, sides; larger boards are left out."""
        rows = [row for path in paths for row in csv.DictReader(open(path)) if row["rating"]]
        rows = [row for row in rows if len(row["question"]) <= self.cells]
        sides = np.array([math.isqrt(len(row["question"])) for row in rows])
        questions = np.full((len(rows), self.side, self.side), WALL, np.uint8)
        for side in set(sides.tolist()):
            at = np.flatnonzero(sides == side)
            questions[at, :side, :side] = self.ids((rows[i]["question"] for i in at), side).reshape(-1, side, side)
        questions = questions.reshape(len(rows), -1)
        return questions, np.array([row["source"] for row in rows]), np.array([int(row["rating"]) for row in rows]), sides

    def pool(self, paths, seed):
        return MazePool(self, paths, seed)

    def check_sets(self, paths, count):
        """The first boards of this side of each source."""
        questions, sources, _, sides = self.read(paths)
        sources = np.where(sides == self.side, sources, "")
        sets = {}
        for source in dict.fromkeys(sources[sources != ""].tolist()):
            first = questions[np.flatnonzero(sources == source)[:count]].astype(np.int32)
            sets[source] = unnamed(first, answers(first, self.side))
        return sets
