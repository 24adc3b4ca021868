"""What can go wrong."""

from __future__ import annotations

from typing import Any


class Error(Exception):
    """Everything that can go wrong. Its text says what was expected, what was found and where."""

    expected: str | None = None
    """What was expected, where the text says so: "ids below 11"."""
    found: str | None = None
    """What was found instead: "11 in cell 1"."""
    where: str | None = None
    """The file, place, tensor or argument."""
    line: int | None = None
    """The line of a puzzle in its text, from 1."""
    column: int | None = None
    """The column there, from 1."""


class FileError(Error, OSError):
    """A file or folder could not be read or written; `errno` and `filename` are those of the system."""

    def __str__(self) -> str:
        """Return the message as it is: OSError would word its own."""
        return str(self.args[0]) if self.args else ""

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep, for other processes, what OSError would leave out."""
        return type(self), self.args, {**self.__dict__, "errno": self.errno, "filename": self.filename}


class InputError(Error, ValueError):
    """An array, a data set or another input is malformed."""


class PuzzleError(InputError):
    """A puzzle could not be read."""


class UsageError(Error, ValueError):
    """Options that cannot be, or that contradict each other or the model."""

    @classmethod
    def _of(cls, argument: str, expected: str, found: str) -> UsageError:
        error = cls(f"{argument}: expected {expected}, found {found}")
        error.where, error.expected, error.found = argument, expected, found
        return error


class ModelError(Error):
    """A model was not found, or its files are damaged, incomplete or contradict each other."""


class DeviceError(Error, RuntimeError):
    """A device is not there, is not sufficient, was lost, or ran out of memory."""
