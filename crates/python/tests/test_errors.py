"""What is refused, and how."""

import errno
import inspect
import io
import os
import pickle
import tempfile
import threading
import unittest
import warnings
from pathlib import Path

import hrm
import numpy as np
from shared import EASY, GOLDEN, MAZE, SOLVED, ctrl_c, refuses


class Wrong(unittest.TestCase):
    def test_errors_say_what_was_expected_what_was_found_and_where(self):
        model = hrm.load(device="cpu")
        tokens, closed = np.ones((1, 81), int), io.StringIO(EASY)
        closed.close()
        table = [
            (lambda: hrm.solve("12x" + "." * 78), hrm.PuzzleError, None, None, "puzzle, line 1, column 3"),
            (lambda: hrm.solve(EASY + "\n" + EASY), hrm.PuzzleError, "one puzzle", "2", None),
            (lambda: hrm.solve(np.ones((2, 2, 2), int)), hrm.InputError, "an array of one or two axes", None, "puzzle"),
            (lambda: hrm.solve(np.full((9, 9), 12)), hrm.InputError, "a digit a cell, 0 for an empty one", "12", "puzzle"),
            (lambda: hrm.solve(3.5), hrm.InputError, "a text, a path, or an array of digits or of characters", None, "puzzle"),
            (lambda: hrm.solve(Path("no/such.txt")), hrm.FileError, None, None, "no/such.txt"),
            (lambda: hrm.solve("no/such.csv"), hrm.FileError, None, None, "no/such.csv"),
            (lambda: hrm.load("hub:nobody"), hrm.UsageError, "OWNER/NAME[@REVISION][/PATH]", "`hub:nobody`", None),
            (lambda: hrm.load("no-such-model"), hrm.ModelError, None, None, "no-such-model"),
            (lambda: hrm.load(GOLDEN), hrm.ModelError, None, None, str(GOLDEN)),
            (lambda: hrm.load(task="chess"), hrm.UsageError, None, "`chess`", "task"),
            (lambda: hrm.load(dtype="f8"), hrm.UsageError, '"f32", "f16", "bf16" or "int8"', "f8", None),
            (lambda: hrm.load(weights="best"), hrm.UsageError, '"ema" or "raw"', '"best"', "weights"),
            (lambda: hrm.load(threads=-1), hrm.UsageError, "1 or more", "-1", None),
            (lambda: hrm.load(device="no such adapter"), hrm.DeviceError, None, None, None),
            (lambda: model.solve(MAZE), hrm.Error, None, None, None),
            (lambda: model.solve(EASY, segments=0), hrm.UsageError, "1 or more", "0", "segments"),
            (lambda: model.solve(EASY, halt="never"), hrm.UsageError, None, "`never`", None),
            (lambda: model.solve(EASY, tries=0), hrm.UsageError, "1 or more", "0", None),
            (lambda: model.run(tokens.astype(float)), hrm.InputError, "an array of integers", "float64", "tokens"),
            (lambda: model.run(tokens * 11), hrm.InputError, "ids below 11", "11 in row 0, column 0", "inputs"),
            (lambda: model.run(-tokens), hrm.InputError, "ids", "-1 in element 0", "tokens"),
            (lambda: model.run(np.full((1, 81), 2**64 - 1, np.uint64)), hrm.InputError, "ids", f"{2**64 - 1} in element 0", "tokens"),
            (lambda: hrm.evaluate((tokens, np.full((1, 81), 2**64 - 100, np.uint64))), hrm.InputError, "ids", f"{2**64 - 100} in element 0", "labels"),
            (lambda: hrm.evaluate({"inputs": tokens}), hrm.InputError, None, "one without", "dataset"),
            (lambda: hrm.solve(c for c in EASY), hrm.InputError, None, None, "puzzle"),
            (lambda: hrm.solve(np.where(np.eye(9) > 0, 1.5, np.nan)), hrm.InputError, "a digit a cell, 0 for an empty one", "1.5", "puzzle"),
            (lambda: hrm.read(closed), hrm.InputError, "a file that can be read", None, "puzzle"),
            (lambda: hrm.Puzzle(EASY).check(hrm.Puzzle(MAZE)), hrm.InputError, "a board of sudoku of 9×9 cells", "one of maze of 15×15", "answer"),
            (lambda: model.run({"labels": tokens}), hrm.InputError, None, "one without", "tokens"),
            (lambda: model.run(tokens[:, 1:]), hrm.InputError, "puzzles of 81 tokens", "80", "model sudoku"),
            (lambda: model.run(tokens[:0]), hrm.InputError, "a shape [B, S]", "[0, 81]", "tokens"),
            (lambda: model.run(tokens, puzzle_identifiers=[0, 0]), hrm.InputError, "a shape [1]", "[2]", "puzzle_identifiers"),
            (lambda: model.run(tokens, carry=[np.zeros((1, 82, 128))]), hrm.InputError, "2 states", "1", "initial carry"),
            (lambda: model.run(tokens, carry=[np.zeros((1, 128, 82))] * 2), hrm.InputError, "states of shape [1, 82, 128]", "[1, 128, 82]", "carry"),
            (lambda: model.run([[1, 2], [3]]), hrm.InputError, "an array", None, "tokens"),
            (lambda: hrm.solve({"train": object(), "test": []}), hrm.InputError, "what JSON can hold", "other", "puzzle"),
            (lambda: model.run(tokens, carry=[tokens, tokens]), hrm.InputError, None, "int64", "carry"),
            (lambda: hrm.evaluate("no-such.csv"), hrm.FileError, None, None, "no-such.csv"),
            (lambda: hrm.evaluate((tokens, tokens[:, 1:])), hrm.InputError, None, "[1, 81] and [1, 80]", "dataset"),
            (lambda: hrm.evaluate(3), hrm.InputError, None, "3", "dataset"),
            (lambda: hrm.load(3), hrm.UsageError, "a path or a name", "3", "model"),
            (lambda: hrm.load(b"sudoku"), hrm.UsageError, "a path or a name", "b'sudoku'", "model"),
            (lambda: hrm.load(device={}), hrm.UsageError, None, "{}", "device"),
            (lambda: hrm.load(device=True), hrm.UsageError, None, "True", "device"),
            (lambda: hrm.load(threads=True), hrm.UsageError, "a whole number of at most 64 bits", "True", "threads"),
            (lambda: model.solve(EASY, segments=True), hrm.UsageError, "a whole number of at most 64 bits", "True", "segments"),
            (lambda: model.solve(EASY, noise=True), hrm.UsageError, "a number", "True", "noise"),
            (lambda: hrm.solve(np.full((9, 9), True, object)), hrm.InputError, "a digit a cell, 0 for an empty one", "True", "puzzle"),
            (lambda: hrm.load(device="cuda:1"), hrm.UsageError, None, "'cuda:1'", "device"),
            (lambda: model.run(tokens, carry=3), hrm.InputError, "states, as `Segment.carry` has them", "3", "carry"),
            (lambda: model.run(tokens, segments=10**30), hrm.UsageError, "a whole number of at most 64 bits", str(10**30), "segments"),
            (lambda: model.solve(EASY, tries="4"), hrm.UsageError, "a whole number of at most 64 bits", "'4'", "tries"),
            (lambda: model.solve(EASY, trace=1), hrm.UsageError, "True or False", "1", "trace"),
            (lambda: model.solve_many(EASY), hrm.InputError, "a list of puzzles", None, "puzzles"),
            (lambda: hrm.Puzzle("\udc80" * 81), hrm.InputError, "a text of Unicode", None, "puzzle"),
            (lambda: hrm.Puzzle(EASY, task=3), hrm.UsageError, "a text", "3", "task"),
        ]
        refuses(self, table)
        with self.assertRaises(TypeError) as caught:
            model.solve(EASY, segment=3)
        self.assertIn("'segment'", str(caught.exception))
        # A text that nobody reads to its end is told by its beginning.
        long = [lambda: hrm.Puzzle("\udc80" * 10_000), lambda: hrm.load(task="x" * 100_000), lambda: hrm.load(dtype="x" * 100_000)]
        long += [lambda: model.solve(EASY, halt="x" * 100_000), lambda: hrm.Puzzle([["x" * 100_000]])]
        for call in long:
            with self.assertRaises(hrm.Error) as caught:
                call()
            self.assertLess(len(str(caught.exception)), 300)
        self.assertTrue(issubclass(hrm.FileError, OSError) and issubclass(hrm.PuzzleError, ValueError))

    def test_no_argument_brings_an_error_of_python_s_own(self):
        class Sulky:
            def __repr__(self):
                raise RuntimeError("I do not say")

        odd = [object(), Sulky(), 2.5, -1, 10**30, 10**5000, b"\xff", "\udc80", "\ud800", "a\0b", "", {}, {1: 2}, [], [[]], [object()]]
        odd += [float("nan"), float("inf"), None, True, set(), lambda: 0, 1j, np.array([object()]), np.array(1.5), np.datetime64("now")]
        odd += [["\udc80"] * 81, [10**30] * 81, [[1], [1, 2]], {"inputs": 3}, {"index": None}, {"train": object(), "test": 1}, range(3)]
        model = hrm.load(device="cpu")
        answer = model.solve(EASY)
        tokens, figures = np.ones((1, 81), int), (np.ones((1, 81), int), np.ones((1, 81), int))
        thinking = {"halt": "valid", "segments": 1, "tries": 1, "variants": "both", "noise": 0.5, "batch": 1}
        opened = {"model": "sudoku", "task": "sudoku", "device": "cpu"}
        # Each function with arguments that it takes.
        calls = [
            (hrm.load, opened | {"threads": 2, "dtype": "f32", "weights": None, "identifiers": None, "blank_identifier": False}),
            (hrm.solve, {"puzzle": EASY, "trace": True} | opened | thinking),
            (hrm.stream, {"puzzle": EASY, "states": True} | opened | thinking),
            (hrm.evaluate, {"dataset": figures, "curve": True, "limit": 1} | opened | thinking),
            (hrm.read, {"puzzles": EASY, "task": "sudoku"}),
            (hrm.Puzzle, {"puzzle": EASY, "task": "sudoku"}),
            (hrm.Puzzle.from_tokens, {"tokens": tokens[0], "task": "sudoku"}),
            (hrm.Puzzle(EASY).check, {"answer": SOLVED}),
            (model.solve, {"puzzle": EASY, "trace": True} | thinking),
            (model.solve_many, {"puzzles": [EASY], "trace": True} | thinking),
            (model.stream, {"puzzle": EASY, "states": True} | thinking),
            (model.run, {"tokens": tokens, "segments": 1, "puzzle_identifiers": [0], "carry": None, "logits": True, "states": True}),
            (model.puzzle_row, {"identifier": 0}),
            (answer.png, {"theme": "dark"}),
            (answer.gif, {"theme": "dark"}),
            (answer.png().save, {"path": os.devnull}),
        ]
        # What is a path for once is written to.
        folder, before = tempfile.TemporaryDirectory(), os.getcwd()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, before)
        os.chdir(folder.name)
        for function, arguments in calls:
            function(**arguments)
            named = {name for name, parameter in inspect.signature(function).parameters.items() if parameter.kind != parameter.VAR_KEYWORD}
            self.assertLessEqual(named, set(arguments), function)
            for argument in arguments:
                for value in odd:
                    with self.subTest(function=function.__qualname__, argument=argument, value=type(value)):
                        try:
                            function(**arguments | {argument: value})
                        except hrm.Error as error:
                            self.assertTrue(str(error))
                            pickle.loads(pickle.dumps(error))

    def test_what_does_not_fit_is_refused_where_warnings_are_errors(self):
        model, tokens = hrm.load(device="cpu"), np.ones((1, 81), int)
        with warnings.catch_warnings(), self.assertRaises(hrm.InputError) as caught:
            warnings.simplefilter("error")
            model.run(tokens, segments=1, carry=[np.full((1, 82, 128), 1e300)] * 2)
        self.assertEqual(caught.exception.expected, "finite numbers that fit float32")

    def test_more_segments_than_memory_holds_are_begun_all_the_same(self):
        with ctrl_c(self):
            hrm.load(device="cpu").run(np.ones(81, int), segments=10**15, logits=False, states=False)

    def test_errors_of_files_are_the_system_s(self):
        with self.assertRaises(OSError) as caught:
            hrm.solve(Path("no/such.txt"))
        error = caught.exception
        for error in (caught.exception, pickle.loads(pickle.dumps(caught.exception))):
            self.assertEqual((error.errno, error.filename, error.where), (errno.ENOENT, "no/such.txt", "no/such.txt"))
        self.assertIn("no/such.txt", str(error))
        self.assertNotIn("[Errno", str(error).partition("no/such.txt")[0])

    def test_a_stream_is_one_thread_s(self):
        stream, errors = hrm.load(device="cpu").stream(EASY, halt="fixed", segments=200), []

        def pull():
            try:
                for _ in stream:
                    repr(stream)
            except hrm.UsageError as error:
                errors.append(error)

        threads = [threading.Thread(target=pull) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual({str(error) for error in errors}, {str(errors[0])})
        self.assertIn("expected one thread", str(errors[0]))

    def test_a_fault_in_a_text_has_its_place(self):
        with self.assertRaises(hrm.PuzzleError) as caught:
            hrm.Puzzle("12x" + "." * 78)
        self.assertEqual((caught.exception.line, caught.exception.column), (1, 3))


if __name__ == "__main__":
    unittest.main()
