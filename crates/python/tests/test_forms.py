"""Forms in which things come and go: texts, arrays, copies, types."""

import collections
import copy
import functools
import gc
import io
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import types
import typing
import unittest
import weakref
from pathlib import Path

import hrm
import numpy as np
from shared import EASY, HARD, MAZE, ROOT


class Forms(unittest.TestCase):
    ARC = {"train": [{"input": [[1]], "output": [[2, 3]]}] * 2, "test": [{"input": [[1, 2]]}]}

    def test_puzzles_are_values(self):
        for form in (EASY, MAZE, self.ARC):
            puzzle = hrm.Puzzle(form)
            for other in (pickle.loads(pickle.dumps(puzzle)), copy.copy(puzzle), copy.deepcopy(puzzle), hrm.Puzzle(form)):
                self.assertEqual((other, hash(other)), (puzzle, hash(puzzle)))
        other = hrm.Puzzle({"train": self.ARC["train"][:1], "test": self.ARC["test"]})
        self.assertNotEqual(pickle.loads(pickle.dumps(hrm.Puzzle(self.ARC))), other)

    def test_answers_steps_and_segments_are_pickled_and_copied(self):
        model = hrm.load(device="cpu")
        steps = list(model.stream(HARD, states=True, tries=2))
        things = [steps[0], steps[-1], steps[-1].answer, model.solve(HARD, tries=2, segments=3), model.solve(EASY, trace=False)]
        things += model.run(np.ones((2, 81), int), segments=2) + model.run(np.ones(81, int), segments=1, logits=False, states=False)
        for thing in things:
            for again in (pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)):
                self.assert_same(thing, again)
        answer = things[3]
        again = pickle.loads(pickle.dumps(answer))
        self.assertEqual((again.gif(), again.png("dark")), (answer.gif(), answer.png("dark")))

    def test_answers_are_values(self):
        model = hrm.load(device="cpu")
        one, other = (model.solve(EASY, trace=trace) for trace in (True, False))
        self.assertEqual((one, hash(one)), (other, hash(other)))
        others = [model.solve(EASY, halt="fixed", segments=6), model.solve(HARD, segments=1), hrm.solve(MAZE, device="cpu"), None, one.text]
        self.assertEqual([one == different for different in others], [False] * len(others))
        self.assertEqual(len({one, other, *others[:3]}), 4)

    def test_puzzles_are_read_as_they_are(self):
        puzzles = [hrm.Puzzle(EASY), hrm.Puzzle(HARD)]
        self.assertEqual(hrm.read(puzzles[0]), puzzles[:1])
        for form in (puzzles, tuple(puzzles), [puzzles[0], HARD]):
            self.assertEqual(hrm.read(form), puzzles)

    def test_tasks_of_arc_have_arrays_in_them(self):
        grid = np.array([[1, 2], [3, 0]])
        task = {"train": [{"input": grid, "output": grid.astype(np.uint8)}], "test": [{"input": [[np.int64(3), np.int8(0)]]}]}
        plain = {"train": [{"input": grid.tolist(), "output": grid.tolist()}], "test": [{"input": [[3, 0]]}]}
        self.assertEqual(hrm.Puzzle(task), hrm.Puzzle(plain))

    @unittest.skipUnless(hasattr(os, "mkfifo"), "there are no pipes with names here")
    def test_a_pipe_is_read_by_its_name(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "pipe")
        os.mkfifo(path)
        writer = threading.Thread(target=lambda: Path(path).write_text(EASY))
        writer.start()
        self.assertEqual(hrm.Puzzle(path).text, EASY)
        writer.join()

    def test_a_carry_may_be_of_bfloat16(self):
        model, tokens = hrm.load(device="cpu"), np.ones((1, 81), int)
        # Of which the lower half of float32 is cut off.
        cut = [(state.view(np.uint32) & 0xFFFF0000).view(np.float32) for state in model.run(tokens, segments=1)[0].carry]
        wanted = model.run(tokens, segments=1, carry=cut)[0].logits

        class Tensor:
            """As torch's, which NumPy does not take."""

            dtype = "torch.bfloat16"

            def __init__(self, values):
                self.values = values

            def __array__(self, dtype=None, copy=None):
                raise TypeError("Got unsupported ScalarType BFloat16")

            def float(self):
                return self.values

        forms = [[Tensor(state) for state in cut]]
        try:
            import ml_dtypes
        except ImportError:
            pass
        else:
            forms.append([state.astype(ml_dtypes.bfloat16) for state in cut])
        for form in forms:
            np.testing.assert_array_equal(model.run(tokens, segments=1, carry=form)[0].logits, wanted)

    def assert_same(self, one, other):
        """Compare all that two things show."""
        self.assertEqual((type(one), str(one), repr(one)), (type(other), str(other), repr(other)))
        for name in (name for name in dir(one) if not name.startswith("_") and not callable(getattr(one, name))):
            mine, others = getattr(one, name), getattr(other, name)
            if isinstance(mine, hrm.Answer):
                self.assert_same(mine, others)
            else:
                np.testing.assert_equal(others, mine, name)

    def test_processes_exchange_puzzles_and_answers(self):
        puzzles = [hrm.Puzzle(EASY), hrm.Puzzle(MAZE)]
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            answers = pool.map(functools.partial(hrm.solve, device="cpu"), puzzles)
        for puzzle, answer in zip(puzzles, answers):
            self.assertEqual((answer.puzzle, answer.text), (puzzle, hrm.solve(puzzle, device="cpu").text))

    def test_devices_go_by_torch_s_names_too(self):
        torch_device = type("device", (), {"__module__": "torch", "__str__": lambda self: "cpu:0"})
        for name in ("cpu", "CPU", "cpu:0", torch_device()):
            self.assertEqual(hrm.load(device=name).device, "cpu", name)
            self.assertIs(hrm._api._chosen(None, None, name), hrm._api._chosen(None, None, "cpu"))
        for name in ("gpu", "cuda", "cuda:0", "mps"):
            with self.subTest(name):
                try:
                    self.assertNotEqual(hrm.load(device=name).device, "cpu")
                except hrm.DeviceError:
                    self.assertFalse(hrm.devices())

    def test_looking_for_devices_prints_nothing(self):
        """Mesa would complain where there is no session."""
        environment = {name: value for name, value in os.environ.items() if name not in ("XDG_RUNTIME_DIR", "NODEVICE_SELECT")}
        look = [sys.executable, "-c", "import hrm; hrm.devices()"]
        self.assertEqual(subprocess.run(look, env=environment, capture_output=True, check=True).stderr, b"")

    def test_texts_come_in_lists_and_bytes(self):
        rows = [EASY[at : at + 9] for at in range(0, 81, 9)]
        for form in (rows, tuple(rows), bytearray(EASY.encode()), memoryview(EASY.encode()), EASY.encode(), [EASY]):
            self.assertEqual(hrm.Puzzle(form).text, EASY, form)
        self.assertEqual([puzzle.text for puzzle in hrm.read([EASY, HARD])], [EASY, HARD])
        task = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[1, 2]]}]}
        for mapping in (types.MappingProxyType(task), collections.UserDict(task), collections.ChainMap(task)):
            puzzle = hrm.read(mapping)[0]
            self.assertEqual(puzzle, hrm.read(task)[0])
            self.assertEqual(copy.deepcopy([puzzle]), [puzzle])

    def test_tables_are_boards(self):
        digits = np.array([int(cell) if cell != "." else 0 for cell in EASY]).reshape(9, 9)
        nan = np.where(digits == 0, np.nan, digits)
        none = [[digit or None for digit in row] for row in digits.tolist()]
        missing = type("NAType", (), {"__eq__": lambda *_: missing, "__bool__": lambda _: [][0], "__hash__": lambda _: 0})()
        forms = [digits.astype(float), digits.astype(float).tolist(), nan, none, digits.astype(object), np.ma.array(digits, mask=digits == 0)]
        forms += [[[digit or missing for digit in row] for row in digits.tolist()], np.array(list(EASY), object), np.array(list(EASY)).astype("S1")]
        forms += [digits.astype(">i2")[::-1][::-1], np.asfortranarray(nan), digits.astype(np.uint64), np.float16(digits)]
        if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
            forms.append(np.array(list(EASY), np.dtypes.StringDType()))
        for form in forms:
            self.assertEqual(hrm.Puzzle(form), hrm.Puzzle(EASY), form)

    def test_open_files_are_read(self):
        for file in (io.StringIO(EASY), io.BytesIO(EASY.encode()), io.StringIO(f"{EASY}\n{HARD}")):
            wanted = hrm.read(file.getvalue())
            self.assertEqual(hrm.read(file), wanted)

    def test_everything_can_be_referred_to_weakly(self):
        model = hrm.load(device="cpu")
        stream = model.stream(EASY)
        step = next(stream)
        things = [model, stream, step, step.answer, hrm.Puzzle(EASY), model.run(np.ones(81, int), segments=1)[0]]
        references = [weakref.ref(thing) for thing in things]
        self.assertEqual([reference() for reference in references], things)
        del model, stream, step, things
        gc.collect()
        self.assertEqual({reference() for reference in references}, {None})

    def test_tensors_of_a_step_are_not_copied(self):
        step = next(hrm.load(device="cpu").stream(EASY, states=True))
        for name, shape in (("logits", (81, 11)), ("z_H", (82, 128)), ("z_L", (82, 128))):
            array = getattr(step, name)
            self.assertEqual(array.shape, shape)
            self.assertIs(getattr(step, name), array)
        self.assertEqual((step.logits.argmax(1) == step.tokens).all(), True)

    def test_an_official_batch_is_a_data_set_too(self):
        tokens = np.ones((2, 81), int)
        batch = {"inputs": tokens, "labels": tokens + 1, "puzzle_identifiers": np.zeros(2, np.int32)}
        wanted = hrm.evaluate((tokens, tokens + 1), segments=1, device="cpu")
        self.assertEqual(hrm.evaluate(batch, segments=1, device="cpu").records, wanted.records)
        none = batch | {"puzzle_identifiers": None}
        self.assertEqual(hrm.evaluate(none, segments=1, device="cpu").records, wanted.records)
        self.assertEqual(len(hrm.load(device="cpu").run(none, segments=1)), 1)
        with self.assertRaises(hrm.InputError) as caught:
            hrm.evaluate(batch | {"puzzle_identifiers": [0]}, segments=1, device="cpu")
        self.assertEqual(caught.exception.where, "puzzle_identifiers")

    def test_a_relative_path_is_another_one_in_another_folder(self):
        before, folders = os.getcwd(), tempfile.TemporaryDirectory()
        self.addCleanup(folders.cleanup)
        self.addCleanup(os.chdir, before)
        for task in ("sudoku", "maze"):
            shutil.copytree(ROOT / "weights" / task, Path(folders.name) / task / "mine")
            os.chdir(Path(folders.name) / task)
            self.assertEqual(hrm._api._chosen("mine", None, "cpu").task, task)

    def test_a_pair_is_a_list_too_and_ignored_labels_have_a_mark(self):
        tokens, labels = np.ones((1, 81), int), np.full((1, 81), -100)
        labels[0, 0] = 2
        self.assertEqual(len(hrm.evaluate([tokens, labels], segments=1, device="cpu").records), 1)

    def test_hints_of_types_can_be_asked_for(self):
        for function in (hrm.load, hrm.solve, hrm.stream, hrm.evaluate):
            self.assertIn("return", typing.get_type_hints(function))
        for item in (hrm.Evaluation, hrm._types.Thinking, hrm.Error, hrm.Gif.save, hrm.FileError.__reduce__):
            self.assertTrue(typing.get_type_hints(item))
        for name in hrm.__all__:
            if name != "__version__":
                typing.get_type_hints(getattr(hrm, name))


if __name__ == "__main__":
    unittest.main()
