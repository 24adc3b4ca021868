"""The definition of a task, in the words of `hrm::tasks::Definition` and of the page's."""
import numpy as np
import torch


class Definition:
    """A task for boards of one size. `name` to `curriculum`, `pool` and `check_sets` must be given; puzzles are
    questions and answers, int32 [n, cells], and identifiers, int32 [n], rows of `puzzles`."""
    name = None  # in options, checkpoints and configurations
    side = None  # rows, and columns, of the official boards
    vocab_size = None
    alphabet = ""  # the symbols of the ids from 1 on
    blank = 1  # the id of a cell that is to be filled in
    levels = ()  # the kinds of questions that training mixes
    puzzles = ("<blank>",)  # the names that the puzzle embedding has rows for
    curriculum = {}  # {stage: [(progress, share of each level …)]}, linear between the points

    def __init__(self, side=None):
        self.side = side or self.side
        self.cells = self.side ** 2

    def ids(self, texts, side=None):
        """The ids of boards written as text, a symbol a cell."""
        table = np.zeros(256, np.int32)
        table[[ord(symbol) for symbol in self.alphabet]] = np.arange(1, len(self.alphabet) + 1)
        ids = table[np.frombuffer("".join(texts).encode(), np.uint8)].reshape(-1, (side or self.side) ** 2)
        if not ids.all():
            raise ValueError(f"expected boards of the task {self.name}, in the symbols {self.alphabet!r}")
        return ids

    def positions(self, hidden, generator):
        """Where learned positions start, [1 + cells, hidden]; the first is the prefix. None: at random."""

    def masks(self):
        """The keys that the first n heads are drawn to at first, [n, 1 + cells, 1 + cells] of 0 and 1; None: no head is."""

    def right(self, questions, answers, predictions):
        """Which predictions are right, [n] of bool; all are tensors. A prediction that is right, though not equal to the answer,
        takes its place."""
        return (predictions == answers).all(1)

    def pool(self, paths, seed):
        """What to learn from: a Pool of these files."""
        raise NotImplementedError

    def check_sets(self, paths, count):
        """What to measure with: {name: puzzles}, at most `count` of each."""
        raise NotImplementedError


class Pool:
    """Puzzles to draw from by level, with a generator of random numbers, `rng`."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def refresh(self):
        """Reads the files again, which may have grown."""

    def missing(self):
        """Levels of which it has no puzzles; their share goes to the others."""
        return ()

    def describe(self):
        """What it holds, in a few words."""
        raise NotImplementedError

    def sample(self, levels):
        """Puzzles, one for each of these levels."""
        raise NotImplementedError


def unnamed(questions, answers):
    """Puzzles of a task that tells none apart."""
    return questions, answers, np.zeros(len(questions), np.int32)


def directions(count, hidden, generator):
    """Unit vectors [hidden, count], each orthogonal to the others."""
    return torch.linalg.qr(torch.randn(hidden, count, generator=generator))[0]
