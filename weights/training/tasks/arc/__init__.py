"""ARC: the tasks that `hrm generate arc` makes, each in several forms, turned and recoloured, with an identifier a form. A canvas
of 10×10 cells stands for the official one of 30×30."""
import json, math
import numpy as np
import torch
from ..definition import Definition, Pool, directions

SIDE = 10
PAD, END, BLACK = range(3)
FORMS = 4  # of a task: as it is, and three others
PLAIN = 0.4  # share of questions that are as they are
FAMILIES = {
    "recolour": ["red-to-blue", "swap-green-yellow", "negative", "grey-to-ink"],
    "mirror": ["mirror-left-right", "mirror-top-bottom", "half-turn", "transpose", "mirror-beside", "complete-symmetry"],
    "fill": ["fill-boxes", "fill-enclosed", "hollow", "surround"],
    "gravity": ["gravity-down", "gravity-left", "shift-down"],
    "count": ["count-cells", "most-frequent", "keep-largest"],
    "connect": ["connect-pairs", "shoot-right", "cross", "diagonals"],
    "crop": ["crop-object", "upper-half", "without-specks"],
    "repeat": ["twice-as-large", "four-times"],
}
NAMES = [name for names in FAMILIES.values() for name in names]
# Every task as often as any other, from the start to the end.
SHARES = [(progress, *(len(names) for names in FAMILIES.values())) for progress in (0.0, 1.0)]


def turned(board, t):
    """One of the eight transforms, as the official builder numbers them."""
    return [lambda b: b, np.rot90, lambda b: np.rot90(b, 2), lambda b: np.rot90(b, 3), np.fliplr, np.flipud, np.transpose,
            lambda b: np.fliplr(np.rot90(b))][t](board)


class Form:
    """A transform and a permutation of the colours, where black stays; number 0 is none."""

    def __init__(self, task, number):
        rng = np.random.default_rng(1000 * task + number)
        self.t = rng.integers(8) if number else 0
        self.colours = np.concatenate([[0], 1 + rng.permutation(9)]) if number else np.arange(10)
        self.name = NAMES[task]
        if number:
            self.name += f"|||t{self.t}|||{''.join(map(str, self.colours))}"

    def apply(self, board):
        return turned(self.colours[board], self.t)


FORMS_OF = [[Form(task, number) for number in range(FORMS)] for task in range(len(NAMES))]


def encode(board):
    """A board in the upper left corner of the canvas, with end marks below and beside it."""
    rows, columns = board.shape
    canvas = np.full((SIDE + 1, SIDE + 1), PAD, np.int32)
    canvas[rows, :columns], canvas[:rows, columns] = END, END
    canvas[:rows, :columns] = board + BLACK
    return canvas[:SIDE, :SIDE].reshape(-1)


def sample(pair, task, number):
    """Question, answer, and the identifier, which is the row of the form's name."""
    return *(encode(FORMS_OF[task][number].apply(board)) for board in pair), 1 + task * FORMS + number


def stacked(samples):
    return tuple(np.array(part, np.int32) for part in zip(*samples))


def read(paths):
    """The pairs of each task, from lines of JSON; those that show a rule are as good as those that are asked."""
    pairs = [[] for _ in NAMES]
    for line in (line for path in paths for line in open(path)):
        for name, task in json.loads(line).items():
            for pair in task["train"] + task["test"]:
                pairs[NAMES.index(name)].append(tuple(np.array(pair[side], np.uint8) for side in ("input", "output")))
    return pairs


class ArcPool(Pool):
    def __init__(self, paths, seed):
        super().__init__(seed)
        self.pairs = read(paths)
        self.of_family = {family: [NAMES.index(name) for name in names if self.pairs[NAMES.index(name)]] for family, names in FAMILIES.items()}

    def missing(self):
        return [family for family, tasks in self.of_family.items() if not tasks]

    def describe(self):
        return f"{len(NAMES)} tasks in {FORMS} forms, {sum(map(len, self.pairs))} pairs"

    def sample(self, levels):
        rng, samples = self.rng, []
        for family in levels:
            task = rng.choice(self.of_family[family])
            pair = self.pairs[task][rng.integers(len(self.pairs[task]))]
            samples.append(sample(pair, task, 0 if rng.random() < PLAIN else rng.integers(1, FORMS)))
        return stacked(samples)


class Arc(Definition):
    name = "arc"
    side = SIDE
    vocab_size = 12
    blank = BLACK
    levels = tuple(FAMILIES)
    curriculum = {"scratch": SHARES, "further": SHARES}
    puzzles = ("<blank>", *(form.name for forms in FORMS_OF for form in forms))

    def __init__(self, side=None):
        super().__init__(side)
        if self.side != SIDE:
            raise ValueError(f"expected a canvas of {SIDE} rows for ARC, found {self.side}")

    def positions(self, hidden, generator):
        """A start that tells rows and columns apart: the sum of one direction for each."""
        q = directions(2 * SIDE + 1, hidden, generator)
        r, c = np.divmod(np.arange(self.cells), SIDE)
        return torch.cat([q[:, 2 * SIDE:].T, (q[:, r] + q[:, SIDE + c]).T / math.sqrt(2)])

    def masks(self):
        """The prefix, which alone knows the task; the row, the column, the cells around."""
        r, c = np.divmod(np.arange(self.cells), SIDE)
        rows, columns = abs(r[:, None] - r), abs(c[:, None] - c)
        masks = np.zeros((4, self.cells + 1, self.cells + 1), np.uint8)
        masks[0, 1:, 0] = 1
        masks[1:, 1:, 1:] = rows == 0, columns == 0, np.maximum(rows, columns) == 1
        return torch.from_numpy(masks)

    def pool(self, paths, seed):
        return ArcPool(paths, seed)

    def check_sets(self, paths, count):
        """Questions of each family, as many of each of its tasks, as they are."""
        pairs, sets = read(paths), {}
        for family, names in FAMILIES.items():
            each = -(-count // len(names))
            asked = [sample(pair, task, 0) for task in map(NAMES.index, names) for pair in pairs[task][:each]]
            if asked:
                sets[family] = stacked(asked)
        return sets
