import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
import numpy.typing as npt
from typing_extensions import Unpack

from ._picture import Gif, Png
from ._types import Arrays, Device, Labelled, Puzzling, Thinking

__all__ = [
    "Answer",
    "Model",
    "Puzzle",
    "Segment",
    "Step",
    "Stream",
    "__version__",
    "_answer",
    "_names",
    "_puzzle",
    "_save",
    "_segment",
    "_step",
    "devices",
    "load",
    "read",
]

__version__: str

@final
class Puzzle:
    """A question: a board with cells to be filled in."""

    def __new__(cls, puzzle: Puzzling, task: str | None = None) -> Puzzle: ...
    @staticmethod
    def from_tokens(tokens: Arrays, task: str | None = None) -> Puzzle:
        """Creates a puzzle from the ids of its cells, as the official data sets have them; of the default task
        unless one is named.
        """
    @property
    def task(self) -> str:
        """The name of the task: "sudoku", "maze" or "arc"."""
    @property
    def text(self) -> str:
        """The question as text, in the canonical form of its task."""
    @property
    def tokens(self) -> npt.NDArray[np.int32]:
        """The network's input, ids `[S]`."""
    @property
    def array(self) -> npt.NDArray[Any]:
        """The board as people write it: an array of digits, 0 for an empty cell, or of characters."""
    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the board."""
    @property
    def question(self) -> str | None:
        """Whether the question has one solution ("unique"), "none", "several", givens that "clash", or is "undecided"; None
        where the task has no rules. A search finds out, and no model sees what it found.
        """
    def check(self, answer: Answer | Step | Puzzling) -> bool | None:
        """Whether an answer, an `Answer`, a `Step` or a board in any form that a puzzle may have, keeps the rules and the givens;
        None without rules.
        """
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _repr_html_(self) -> str: ...

@final
class Answer:
    """The model's answer to a puzzle: its raw prediction, judged but never altered."""

    @property
    def puzzle(self) -> Puzzle:
        """The question."""
    @property
    def text(self) -> str:
        """The answer as text, in the alphabet of its task."""
    @property
    def array(self) -> npt.NDArray[Any]:
        """The answer's board as people write it: an array of digits or of characters."""
    @property
    def tokens(self) -> npt.NDArray[np.int32]:
        """The predicted ids `[S]`."""
    @property
    def valid(self) -> bool | None:
        """Whether the answer keeps the rules and the givens; None where the task has no rules."""
    @property
    def faults(self) -> list[str]:
        """What the answer breaks, a sentence each."""
    @property
    def segments(self) -> int:
        """Segments of the try that gave this answer."""
    @property
    def stopped(self) -> str:
        """What stopped that try: "valid", "learned", "stable", "still" or "limit"."""
    @property
    def q_halt(self) -> float:
        """The raw logit for stopping."""
    @property
    def tries(self) -> int:
        """Number of tries that began."""
    @property
    def votes(self) -> int:
        """Number of tries that ended with this same answer."""
    @property
    def variant(self) -> str:
        """How the try that gave this answer asked the puzzle: "given", "symmetry 3", …"""
    @property
    def seconds(self) -> float:
        """Seconds from submission to result."""
    @property
    def device(self) -> str:
        """The name of the device."""
    @property
    def model(self) -> str:
        """The name of the model."""
    def png(self, theme: str = "light") -> Png:
        """Draws the answer as a PNG file."""
    def gif(self, theme: str = "light") -> Gif:
        """Draws the thinking as a GIF file."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _repr_html_(self) -> str: ...

@final
class Step:
    """One segment of one try at a puzzle."""

    @property
    def segment(self) -> int:
        """Number of the segment within the try, from 1."""
    @property
    def attempt(self) -> int:
        """Number of the try at the puzzle, from 0."""
    @property
    def text(self) -> str:
        """The prediction as text."""
    @property
    def array(self) -> npt.NDArray[Any]:
        """The prediction's board as people write it: an array of digits or of characters."""
    @property
    def tokens(self) -> npt.NDArray[np.int32]:
        """The predicted ids `[S]`."""
    @property
    def changed(self) -> npt.NDArray[np.int64]:
        """Cells that differ from the segment before, or in the first segment from the question, ascending."""
    @property
    def valid(self) -> bool | None:
        """Whether the prediction keeps the rules and the givens; None where the task has no rules."""
    @property
    def q_halt(self) -> float:
        """The raw logit for stopping."""
    @property
    def q_continue(self) -> float:
        """The raw logit for going on."""
    @property
    def confidence(self) -> npt.NDArray[np.float32] | None:
        """Probability of the predicted id of each cell, `[S]`."""
    @property
    def logits(self) -> npt.NDArray[np.float32] | None:
        """Logits `[S, V]`."""
    @property
    def z_H(self) -> npt.NDArray[np.float32] | None:
        """The carry of the H network, `[T, D]`, or of the only network, if `states=True` asked for it."""
    @property
    def z_L(self) -> npt.NDArray[np.float32] | None:
        """The carry of the L network, `[T, D]`, if there is one and `states=True` asked for it."""
    @property
    def moved(self) -> tuple[npt.NDArray[np.float32] | None, npt.NDArray[np.float32] | None]:
        """How far the carry of each cell moved since the segment before, `[S]`: of the H network and of the L network. None
        in the first segment, and without `states=True`.
        """
    @property
    def stopped(self) -> str | None:
        """What stopped the try, if this was its last segment."""
    @property
    def answer(self) -> Answer | None:
        """The answer, if this segment decides the puzzle."""
    def __reduce__(self) -> tuple[Any, ...]: ...
    def _repr_html_(self) -> str: ...

@final
class Stream:
    """A puzzle while it is being solved: an iterator of steps, the last of which has the answer. Nothing is computed before
    a step is asked for; after Ctrl-C the next step goes on.
    """

    def __iter__(self) -> Iterator[Step]: ...
    def __next__(self) -> Step: ...

@final
class Segment:
    """The outputs of one segment for a batch."""

    @property
    def number(self) -> int:
        """The segment's number, from 1."""
    @property
    def preds(self) -> npt.NDArray[np.int32]:
        """Predicted ids `[B, S]`."""
    @property
    def q_halt(self) -> npt.NDArray[np.float32]:
        """Logits for stopping `[B]`."""
    @property
    def q_continue(self) -> npt.NDArray[np.float32]:
        """Logits for going on `[B]`; 0 where the network has none."""
    @property
    def logits(self) -> npt.NDArray[np.float32] | None:
        """Logits `[B, S, V]`, if they were asked for."""
    @property
    def z_H(self) -> npt.NDArray[np.float32] | None:
        """The carry of the H network, `[B, T, D]`, or of the only network, if it was asked for; `[B, V, T, D]` with a symbol
        axis.
        """
    @property
    def z_L(self) -> npt.NDArray[np.float32] | None:
        """The carry of the L network, `[B, T, D]`, if there is one and it was asked for."""
    @property
    def carry(self) -> tuple[npt.NDArray[np.float32], ...]:
        """The carry, `(z_H, z_L)` or `(z_H,)`: what `Model.run` takes as `carry` to go on from here."""
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Model:
    """A model on a device; `hrm.load` makes one. May be used from several threads."""

    def solve(self, puzzle: Puzzling, *, trace: bool = True, **options: Unpack[Thinking]) -> Answer:
        """Solves a puzzle and returns its answer; with `trace=False` without the segments that pictures need. Options: halt,
        segments, tries, variants, noise and batch, as for `hrm.solve`.
        """
    def solve_many(
        self, puzzles: Iterable[Puzzling], *, trace: bool = False, **options: Unpack[Thinking]
    ) -> list[Answer]:
        """Solves many puzzles side by side and returns their answers in order; with `trace=True` each with its segments. Options
        as for `hrm.solve`.
        """
    def stream(self, puzzle: Puzzling, *, states: bool = False, **options: Unpack[Thinking]) -> Stream:
        """Solves a puzzle segment by segment: an iterator of steps, the last of which has the answer; with `states=True` each
        has the carry. Options as for `hrm.solve`.
        """
    def run(
        self,
        tokens: Arrays | Mapping[str, Any],
        *,
        segments: int | None = None,
        puzzle_identifiers: Arrays | None = None,
        carry: Iterable[Arrays] | None = None,
        logits: bool = True,
        states: bool = True,
    ) -> list[Segment]:
        """Runs exactly `segments` segments of tokens `[B, S]`, without halting, and returns the raw outputs of each."""
    def _evaluate(
        self,
        dataset: Labelled,
        *,
        curve: bool = False,
        limit: int | None = None,
        **options: Unpack[Thinking],
    ) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]: ...
    def puzzle_row(self, identifier: int) -> npt.NDArray[np.float32]:
        """Reads a row of the puzzle embedding."""
    @property
    def name(self) -> str:
        """The name of the file or folder, or of the bundled model."""
    @property
    def task(self) -> str | None:
        """The name of the task, if it is known."""
    @property
    def family(self) -> str:
        """The family: "hrm", "trm", "eqr", "nano", "urm", "serrm" or "sotaku"."""
    @property
    def device(self) -> str:
        """The name of the device."""
    @property
    def why_cpu(self) -> str | None:
        """Why "auto" took the CPU; None where it did not."""
    @property
    def parameters(self) -> int:
        """Number of parameters."""
    @property
    def seq_len(self) -> int:
        """Number of tokens of a sample, `S`."""
    @property
    def vocab_size(self) -> int:
        """Number of ids, `V`."""
    @property
    def segments(self) -> int:
        """Segments that the model was trained for: `halt_max_steps`."""
    @property
    def warnings(self) -> list[str]:
        """Oddities of the files that do not make them unusable, one sentence each."""
    @property
    def license(self) -> str | None:
        """The licence of the weights, if the files state it."""

def load(
    model: str | os.PathLike[str] | None = None,
    *,
    task: str | None = None,
    device: Device | None = None,
    threads: int | None = None,
    dtype: object | None = None,
    weights: str | None = None,
    identifiers: str | os.PathLike[str] | None = None,
    blank_identifier: bool = False,
) -> Model:
    """Opens a model on a device."""

def read(puzzles: Puzzling | Sequence[Puzzling], task: str | None = None) -> list[Puzzle]:
    """Reads every puzzle of a text, a file, itself or by its path, an ARC task as a dictionary, an array, or a list of puzzles; of
    a text with a fault the first fault is raised.
    """

def devices() -> list[dict[str, Any]]:
    """Lists the devices: the GPU adapters, in the order in which their numbers count."""

def _puzzle(parts: Any) -> Puzzle: ...
def _answer(parts: Any) -> Answer: ...
def _step(parts: Any) -> Step: ...
def _segment(parts: Any) -> Segment: ...
def _names(
    model: str | os.PathLike[str] | None, task: str | None, device: Device | None
) -> tuple[Path | None, str | None, str]: ...
def _save(path: str | os.PathLike[str], picture: bytes) -> None: ...
