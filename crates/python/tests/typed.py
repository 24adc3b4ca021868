"""What a type checker must accept, and know: `mypy --strict`."""

from collections import UserDict
from pathlib import Path

import hrm
import numpy as np
import numpy.typing as npt


def solve() -> str:
    answer: hrm.Answer = hrm.solve("53..7....", model="sudoku", tries=4, halt="valid")
    gif: hrm.Gif = answer.gif()
    gif.save("thinking.gif")
    boards: list[npt.NDArray[np.int32]] = [step.tokens for step in hrm.stream(np.zeros((9, 9), int), noise=0.5)]
    with open("puzzles.txt") as file:
        puzzles: list[hrm.Puzzle] = hrm.read(file)
    assert puzzles[0].check(answer)
    return answer.text + str(len(boards))


def tables() -> list[hrm.Puzzle]:
    hrm.solve([[None] * 9] * 9, device=None)
    hrm.solve([["1", None, 3]] * 9)
    return hrm.read([hrm.Puzzle("53..7....")])


def run(model: hrm.Model) -> npt.NDArray[np.float32] | None:
    first: hrm.Segment = model.run(np.ones((2, 81), np.int64), segments=1)[0]
    again = model.run([[1] * 81] * 2, carry=first.carry)
    model.run(UserDict({"inputs": [[1] * 81]}))
    return again[-1].z_H


def evaluate() -> float | None:
    with_labels = hrm.evaluate((np.ones((2, 81), int), np.ones((2, 81), int)), segments=4)
    hrm.evaluate({"inputs": np.ones((2, 81), int), "labels": np.ones((2, 81), int), "puzzle_identifiers": None})
    hrm.evaluate([np.ones((2, 81), int), np.ones((2, 81), int)])
    return hrm.evaluate(Path("test.csv"), model=hrm.load(device=0)).exact_accuracy or with_labels.accuracy


def wrong() -> str | None:
    try:
        hrm.load("nowhere", device="cpu", dtype=np.float16)
    except hrm.Error as error:
        return error.expected
    hrm.solve("53..7....", tries="4")  # type: ignore[arg-type]
    return None
