"""The figures of an evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from html import escape
from typing import Any


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The official metrics over a data set. Figures that are not defined are None."""

    samples: int
    """Number of samples counted; those whose labels are all 0 are left out."""
    accuracy: float | None
    """Mean share of labelled cells that are right."""
    exact_accuracy: float | None
    """Share of samples of which every labelled cell is right; without labels, of valid answers."""
    q_halt_accuracy: float | None
    """Share of samples for which `q_halt >= 0` correctly tells whether the answer is exact."""
    mean_segments: float | None
    """Mean number of segments."""
    samples_per_s: float | None
    """Samples a second, without loading."""
    figures: dict[str, Any] = field(repr=False)
    """All figures, as `hrm eval --json` prints them: also by source, by segment, and of votes."""
    records: list[dict[str, Any]] = field(repr=False)
    """A record for each sample: exact, valid, segments, stopped, q_halt, prediction, …"""
    problems: list[str] = field(repr=False)
    """What could not be read or asked, a sentence each."""

    @classmethod
    def _of(cls, figures: dict[str, Any], records: list[dict[str, Any]], problems: list[str]) -> Evaluation:
        own = ("samples", "accuracy", "exact_accuracy", "q_halt_accuracy", "mean_segments", "samples_per_s")
        del figures["summary"]
        return cls(**{name: figures[name] for name in own}, figures=figures, records=records, problems=problems)

    def __repr__(self) -> str:
        shown = {one.name: getattr(self, one.name) for one in fields(self) if one.repr}
        shown["problems"] = len(self.problems)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def _repr_html_(self) -> str:
        def shown(value: object) -> str:
            return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else escape(str(value))

        single = {name: value for name, value in self.figures.items() if not isinstance(value, (dict, list))}
        single["problems"] = len(self.problems)
        rows = "".join(f"<tr><th>{name}</th><td>{shown(value)}</td></tr>" for name, value in single.items())
        return f"<table>{rows}</table>"
