"""What is refused rather than misread: masks, numbers that are none, options that say two things."""

import errno
import os
import tempfile
import unittest
from pathlib import Path

import hrm
import numpy as np
from shared import EASY, HARD, MAZE, refuses


class Refusing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = hrm.load(device="cpu")
        cls.tokens = np.ones((2, 81), int)

    def test_a_mask_is_not_overlooked(self):
        model, tokens = self.model, self.tokens
        masked = np.ma.array(tokens, mask=np.eye(2, 81) > 0)
        carry = [np.ma.masked_equal(state, state.flat[0]) for state in model.run(tokens, segments=1)[0].carry]
        expected = "an array without masked elements"
        refuses(self, [
            (lambda: model.run(masked), hrm.InputError, expected, "2 masked", "tokens"),
            (lambda: model.run({"inputs": masked}), hrm.InputError, expected, "2 masked", "tokens"),
            (lambda: model.run(tokens, carry=carry), hrm.InputError, expected, None, "carry"),
            (lambda: hrm.evaluate((masked, tokens), model=model), hrm.InputError, expected, "2 masked", "inputs"),
            (lambda: hrm.evaluate((tokens, masked), model=model), hrm.InputError, expected, "2 masked", "labels"),
            (lambda: hrm.Puzzle.from_tokens(masked[0]), hrm.InputError, expected, "1 masked", "tokens"),
        ])  # fmt: skip
        bare = np.ma.array(tokens, mask=False)
        np.testing.assert_array_equal(model.run(bare, segments=1)[0].preds, model.run(tokens, segments=1)[0].preds)

    def test_a_carry_is_of_finite_numbers(self):
        def carry(value, dtype=np.float32):
            states = [state.astype(dtype) for state in self.model.run(self.tokens, segments=1)[0].carry]
            states[1][1, 2, 3] = value
            return lambda: self.model.run(self.tokens, carry=states)

        expected = "finite numbers that fit float32"
        refuses(self, [
            (carry(np.nan), hrm.InputError, expected, "nan at [1, 2, 3]", "carry"),
            (carry(-np.inf), hrm.InputError, expected, "-inf at [1, 2, 3]", "carry"),
            (carry(1e300, float), hrm.InputError, expected, "1e+300 at [1, 2, 3]", "carry"),
        ])  # fmt: skip

    def test_a_data_set_has_samples_and_labels_of_the_vocabulary(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        empty, array, other = (Path(folder.name) / name for name in ("empty.txt", "array.npy", "dataset.json"))
        empty.touch()
        np.save(array, self.tokens)
        other.write_text('{"seq_len": 81, "vocab_size": 11}')
        labels = self.tokens.copy()
        labels[1, 5] = 11

        def evaluate(data):
            return lambda: hrm.evaluate(data, model=self.model)

        few, vocabulary = "at least one sample", "labels below 11, as the vocabulary of model sudoku has them"
        refuses(self, [
            (evaluate(empty), hrm.PuzzleError, "a puzzle", "none", str(empty)),
            (evaluate(os.devnull), hrm.PuzzleError, "a puzzle", "none", os.devnull),
            (evaluate((self.tokens[:0], self.tokens[:0])), hrm.InputError, few, "none", "dataset"),
            (evaluate(array), hrm.PuzzleError, None, None, None),
            (evaluate(other), hrm.PuzzleError, None, None, None),
            (evaluate((self.tokens, labels)), hrm.InputError, vocabulary, "11 in element 5", "sample 1"),
        ])  # fmt: skip

    def test_a_puzzle_has_one_task(self):
        puzzle = hrm.Puzzle(EASY)
        expected = ("`sudoku`, the task of this puzzle", "`maze`", "task")
        for call in (hrm.Puzzle, hrm.solve, hrm.stream, hrm.read, lambda puzzle, task: hrm.read([puzzle, EASY], task)):
            refuses(self, [(lambda: call(puzzle, task="maze"), hrm.UsageError, *expected)])
        self.assertEqual(hrm.Puzzle(puzzle, task="sudoku"), puzzle)
        refuses(self, [(lambda: hrm.solve(puzzle, task="nope"), hrm.UsageError, None, "`nope`", "task")])

    def test_the_place_in_a_list_is_told(self):
        def many(wrong):
            return lambda: self.model.solve_many([EASY, HARD, wrong])

        refuses(self, [
            (many("12x" + "." * 78), hrm.PuzzleError, None, None, "puzzles[2]"),
            (many(hrm.Puzzle(MAZE)), hrm.Error, None, None, "puzzles[2]"),
            (many(3.5), hrm.InputError, None, None, "puzzles[2]"),
            (many(Path("no/such.txt")), hrm.FileError, None, None, "puzzles[2]"),
        ])  # fmt: skip
        with self.assertRaisesRegex(hrm.PuzzleError, r"^puzzles\[2\]: ") as caught:
            many("12x" + "." * 78)()
        self.assertEqual((caught.exception.line, caught.exception.column), (1, 3))
        self.tokens[1, 7] = 12
        self.addCleanup(self.tokens.fill, 1)
        expected = (hrm.InputError, "ids below 11", "12 in row 1, column 7", "inputs")
        refuses(self, [(lambda: self.model.run(self.tokens), *expected), (lambda: self.model.run({"inputs": self.tokens}), *expected)])

    def test_names_say_something_and_truth_is_no_number(self):
        truth = np.bool_(True)
        tensor = type("Tensor", (), {"dtype": "torch.bool", "__index__": lambda _: 1, "__float__": lambda _: 1.0})()
        table = [
            (lambda: hrm.load(""), hrm.UsageError, "a path or a name", "''", "model"),
            (lambda: hrm.load(device=""), hrm.UsageError, None, "''", "device"),
            (lambda: hrm.load(device="cpu:1"), hrm.UsageError, None, "'cpu:1'", "device"),
            (lambda: hrm.load(device=truth), hrm.UsageError, None, None, "device"),
        ]
        for one in (truth, tensor):
            table += [
                (lambda one=one: hrm.load(threads=one), hrm.UsageError, "a whole number of at most 64 bits", None, "threads"),
                (lambda one=one: self.model.solve(EASY, segments=one), hrm.UsageError, "a whole number of at most 64 bits", None, "segments"),
                (lambda one=one: self.model.solve(EASY, noise=one), hrm.UsageError, "a number", None, "noise"),
            ]
        refuses(self, table)

    def test_a_folder_is_no_puzzle(self):
        for folder in (tempfile.gettempdir(), Path(tempfile.gettempdir())):
            with self.assertRaises(hrm.FileError) as caught:
                hrm.Puzzle(folder)
            self.assertIn(caught.exception.errno, (errno.EISDIR, errno.EACCES))

    def test_an_open_model_has_its_device_and_asks_no_stranger(self):
        class Stranger:
            def __eq__(self, other):
                raise RuntimeError("I compare with nobody")

            def __repr__(self):
                raise RuntimeError("I do not say")

        self.assertTrue(hrm.solve(EASY, model=self.model, device=None).valid)
        for device in (Stranger(), np.zeros(2)):
            refuses(self, [(lambda: hrm.solve(EASY, model=self.model, device=device), hrm.UsageError, None, None, "device")])


if __name__ == "__main__":
    unittest.main()
