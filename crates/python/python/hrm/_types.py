"""Types that annotations share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypedDict, Union

import numpy.typing as npt

from ._hrm import Puzzle


class Dlpack(Protocol):
    """What hands its memory over by DLPack."""

    def __dlpack__(self, *, stream: Any = ...) -> Any:
        """Return a capsule."""


class Readable(Protocol):
    """An open file, or what is read as one."""

    def read(self) -> str | bytes:
        """Return what is left of it."""


Arrays = Union[npt.ArrayLike, Dlpack]
"""An array, a tensor of torch or JAX, a buffer or a list."""

Cell = Union[str, float, None]
"""A cell of a board: a digit, a character, or None for an empty one."""

Puzzling = Union[Puzzle, str, bytes, "os.PathLike[str]", Readable, Mapping[str, Any], Arrays, Sequence[Sequence[Cell]]]
"""A puzzle in any form."""

Labelled = Union[str, "os.PathLike[str]", Sequence[Arrays], Mapping[str, Union[Arrays, None]]]
"""A data set: a path, a pair of arrays, or a batch of them."""


class TorchDevice(Protocol):
    """What torch calls a device."""

    @property
    def type(self) -> str:
        """Return its kind: "cuda"."""

    @property
    def index(self) -> int | None:
        """Return its number among those."""


Device = Union[str, int, Mapping[str, Any], TorchDevice]
"""A device by its name or number, or as `hrm.devices` lists it."""


class Thinking(TypedDict, total=False):
    """How long a network thinks."""

    halt: Literal["valid", "learned", "stable", "still", "fixed"]
    segments: int
    tries: int
    variants: Literal["symmetry", "noise", "both"]
    noise: float
    batch: int
