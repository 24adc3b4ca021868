"""Forms in which things come and go: texts, arrays, copies, types."""

import collections
import copy
import functools
import multiprocessing
import pickle
import types
import typing
import unittest

import hrm
import numpy as np
from shared import EASY, HARD, MAZE


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

    def test_texts_come_in_lists_and_bytes(self):
        rows = [EASY[at : at + 9] for at in range(0, 81, 9)]
        for form in (rows, tuple(rows), bytearray(EASY.encode()), EASY.encode(), [EASY]):
            self.assertEqual(hrm.Puzzle(form).text, EASY, form)
        self.assertEqual([puzzle.text for puzzle in hrm.read([EASY, HARD])], [EASY, HARD])
        task = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[1, 2]]}]}
        for mapping in (types.MappingProxyType(task), collections.UserDict(task), collections.ChainMap(task)):
            puzzle = hrm.read(mapping)[0]
            self.assertEqual(puzzle, hrm.read(task)[0])
            self.assertEqual(copy.deepcopy([puzzle]), [puzzle])

    def test_tensors_of_a_step_are_not_copied(self):
        step = next(hrm.load(device="cpu").stream(EASY, states=True))
        for name, shape in (("logits", (81, 11)), ("z_H", (82, 128)), ("z_L", (82, 128))):
            array = getattr(step, name)
            self.assertEqual(array.shape, shape)
            self.assertIs(getattr(step, name), array)
        self.assertEqual((step.logits.argmax(1) == step.tokens).all(), True)

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
