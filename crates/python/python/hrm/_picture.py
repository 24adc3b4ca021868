"""Pictures that a notebook shows and a file can hold."""

from __future__ import annotations

import base64
import os

from ._hrm import _save


class Png(bytes):
    """The bytes of a PNG file; a notebook shows the picture."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file."""
        _save(path, self)

    def __repr__(self) -> str:
        return f"<hrm.Png: {len(self)} bytes>"

    def _repr_png_(self) -> bytes:
        return bytes(self)


class Gif(bytes):
    """The bytes of an animated GIF file; a notebook plays it."""

    __slots__ = ()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file."""
        _save(path, self)

    def __repr__(self) -> str:
        return f"<hrm.Gif: {len(self)} bytes>"

    def _repr_html_(self) -> str:
        return f'<img alt="the prediction, segment by segment" src="data:image/gif;base64,{base64.b64encode(self).decode()}">'
