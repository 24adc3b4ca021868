"""Runs Hierarchical Reasoning Models (HRM) and Tiny Recursive Models (TRM), without PyTorch.

Models that solve Sudokus, that find the shortest path through mazes, and for 29 ARC tasks of our own are part of the package:

>>> import hrm
>>> answer = hrm.solve("." * 9 + "4.....85..7...1.......2.9.3..9..57...38.6.2.......23...954.......678....")
>>> answer.valid
True

`hrm.load` opens your own model, official checkpoints included; its `run` gives the raw outputs of every segment as arrays, its
`stream` the segments of a puzzle as they come. While a network runs, other threads go on, and Ctrl-C ends it between two
segments. Every error is an `hrm.Error`.

The answer is the network's own: rules judge it and may stop the network, but no search or repair touches it.
"""

from ._api import evaluate, load, solve, stream
from ._errors import DeviceError, Error, FileError, InputError, ModelError, PuzzleError, UsageError
from ._evaluation import Evaluation
from ._hrm import Answer, Model, Puzzle, Segment, Step, Stream, __version__, devices, read
from ._picture import Gif, Png

__all__ = [
    "Answer",
    "DeviceError",
    "Error",
    "Evaluation",
    "FileError",
    "Gif",
    "InputError",
    "Model",
    "ModelError",
    "Png",
    "Puzzle",
    "PuzzleError",
    "Segment",
    "Step",
    "Stream",
    "UsageError",
    "__version__",
    "devices",
    "evaluate",
    "load",
    "read",
    "solve",
    "stream",
]
