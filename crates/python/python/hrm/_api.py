"""What is called without a model in hand."""

from __future__ import annotations

import os
import reprlib
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import _hrm
from ._errors import UsageError
from ._evaluation import Evaluation
from ._hrm import Answer, Model, Stream
from ._types import Device, Labelled, Puzzling, Thinking

if sys.version_info >= (3, 11):
    from typing import Unpack
else:
    from typing_extensions import Unpack


def load(
    model: str | os.PathLike[str] | None = None,
    *,
    task: str | None = None,
    device: Device | None = "auto",
    threads: int | None = None,
    dtype: object | None = None,
    weights: str | None = None,
    identifiers: str | os.PathLike[str] | None = None,
    blank_identifier: bool = False,
) -> Model:
    """Open a model on a device.

    model: a model folder, an official checkpoint (file or folder), the name of a bundled model, "sudoku", "maze" or "arc", or
        "hub:OWNER/NAME", a model of the Hugging Face hub, which is fetched into the hub's cache once. Without one, the bundled
        model of the task.
    task: "sudoku", "maze" or "arc", where the model's files do not say it.
    device: "auto" (a real GPU, otherwise the CPU), "cpu", "gpu", one of `hrm.devices()`, its number, or a part of its name;
        torch's names serve as well: "cuda", "mps" and "cuda:0" are "gpu".
    threads: threads of the CPU; one for each core unless told otherwise.
    dtype: "f32", "f16", "bf16" or "int8", to which weights are rounded, or what NumPy and torch call it; CPUs multiply in the
        last two, too, and GPUs in "f16" and "int8" where that is faster. What the file has unless told otherwise.
    weights: "ema" or "raw", where a file has averaged and raw ones; averaged ones where there are any unless told otherwise.
    identifiers: `identifiers.json` of the training data of a model that knows its puzzles by name (ARC), or its folder.
    blank_identifier: whether puzzles that such a model does not know are asked with the blank identifier.
    """
    return _hrm.load(
        model,
        task=task,
        device=device,
        threads=threads,
        dtype=dtype,
        weights=weights,
        identifiers=identifiers,
        blank_identifier=blank_identifier,
    )


# Models that were opened by name, the one asked for last at the end, each with the state of its files.
_opened: dict[tuple[str | None, str | None, str], tuple[object, Model]] = {}

# Of these stay open; opening another one lets go of the one that was asked for longest ago.
_MOST_OPEN = 4

# A forked process has none of the threads of the one before: what is opened by name is opened anew there.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_opened.clear)


def _state(path: Path) -> object:
    """What changes with the files of a model: their names, sizes and times. A checkpoint has its configuration beside it."""
    files = path.iterdir() if path.is_dir() else [path, *path.parent.glob("*.json"), *path.parent.glob("*.yaml")]
    stats = [(str(file), file.stat()) for file in files if file.is_file()]
    return sorted((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _chosen(model: Model | str | os.PathLike[str] | None, task: str | None, device: Device | None) -> Model:
    """The model itself, or the one of this name, which stays open for the next call until its files change."""
    if isinstance(model, _hrm.Model):
        # What is no text may say anything where it is compared.
        if device is not None and not (isinstance(device, str) and device == "auto"):
            raise UsageError._of("device", "none beside a model that is open", reprlib.repr(device))
        return model
    path, task, device = _hrm._names(model, task, device)
    name, state = None, None
    if path is not None:
        name = str(path)
        with suppress(OSError):
            if path.exists():
                # A relative path is another one in another folder.
                name, state = os.path.abspath(path), _state(path)
    key = (name, task, device)
    known = _opened.pop(key, None)
    if known is None or known[0] != state:
        known = state, _hrm.load(path, task=task, device=device)
    _opened[key] = known
    for oldest in list(_opened)[:-_MOST_OPEN]:
        _opened.pop(oldest, None)
    return known[1]


def solve(
    puzzle: Puzzling,
    *,
    model: Model | str | os.PathLike[str] | None = None,
    task: str | None = None,
    device: Device | None = "auto",
    trace: bool = True,
    **options: Unpack[Thinking],
) -> Answer:
    """Solve a puzzle.

    puzzle: a text in any form that `hrm solve` reads, a file, open or by its path, an `hrm.Puzzle`, an ARC task as a dictionary,
        or an array of digits (0, NaN or None for an empty cell) or characters.
    model: an `hrm.Model`, or what `hrm.load` takes: the four models asked for last stay open until their files change; the
        bundled model of the task unless told otherwise.
    task: where the text does not reveal it.
    device: as for `hrm.load`; a model that is open has one already.
    trace: whether the answer keeps its segments, which pictures need.

    Further options say how long the network thinks:
    halt: "valid" (the rules judge; where a task has rules), "learned", "stable", "still" or "fixed".
    segments: the most segments of a try; the model's own number unless told otherwise.
    tries: the most tries, variants of the puzzle that run side by side where the first is not valid.
    variants: "symmetry", "noise" or "both": how the tries differ.
    noise: the strength of the noise.
    batch: how many tries run side by side.
    """
    puzzle = _hrm.Puzzle(puzzle, task)
    return _chosen(model, puzzle.task, device).solve(puzzle, trace=trace, **options)


def stream(
    puzzle: Puzzling,
    *,
    model: Model | str | os.PathLike[str] | None = None,
    task: str | None = None,
    device: Device | None = "auto",
    states: bool = False,
    **options: Unpack[Thinking],
) -> Stream:
    """Solve a puzzle segment by segment: an iterator of steps, the last of which has the answer.

    states: whether steps have the carry, `z_H` and `z_L`. The other options are those of `hrm.solve`.
    """
    puzzle = _hrm.Puzzle(puzzle, task)
    return _chosen(model, puzzle.task, device).stream(puzzle, states=states, **options)


def evaluate(
    dataset: Labelled,
    *,
    model: Model | str | os.PathLike[str] | None = None,
    task: str | None = None,
    device: Device | None = "auto",
    curve: bool = False,
    limit: int | None = None,
    **options: Unpack[Thinking],
) -> Evaluation:
    """Evaluate a model on a data set by the official metrics.

    dataset: the path of an official data folder, of a CSV file or of a text of puzzles; "hub:OWNER/NAME", a data set of the
        Hugging Face hub; a pair of arrays, inputs and labels `[N, S]`; or an official batch, a dictionary with `inputs`, `labels`
        and, where puzzles have them, `puzzle_identifiers`.
    model, task, device: as for `hrm.solve`.
    curve: whether `figures["curve"]` says what is right after each segment.
    limit: only so many samples from the beginning.

    Halting is "fixed" unless told otherwise: every sample runs all segments, as in the official evaluation. The other options
    are those of `hrm.solve`.
    """
    chosen = _chosen(model, task, device)
    figures: Any = chosen._evaluate(dataset, curve=curve, limit=limit, **options)
    return Evaluation._of(*figures)
