"""Puzzles in, answers and steps out."""

import dataclasses
import os
import shutil
import tempfile
import unittest
from pathlib import Path

import hrm
import numpy as np
from shared import EASY, HARD, MAZE, ROOT, SOLVED


class Solving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = hrm.load(device="cpu")

    def test_five_lines_solve_a_puzzle(self):
        answer = hrm.solve(EASY, device="cpu")
        self.assertEqual((answer.text, answer.valid, answer.stopped), (SOLVED, True, "valid"))
        self.assertEqual((answer.tries, answer.faults, str(answer)), (1, [], SOLVED))
        np.testing.assert_array_equal(answer.array.ravel(), [int(digit) for digit in SOLVED])
        maze = hrm.solve(MAZE, device="cpu")
        for answered in (answer, maze):
            for form in (answered, answered.array, answered.text, answered.text.encode(), answered.text.split("\n")):
                self.assertIs(answered.puzzle.check(form), answered.valid, form)
        self.assertTrue(maze.valid)
        self.assertFalse(hrm.Puzzle(HARD).check(answer))
        self.assertIn("valid", repr(answer))

    def test_wrong_boards_are_judged_in_every_form(self):
        *_, step = self.model.stream(HARD, segments=1, tries=1)
        drawn = "\n".join(" | ".join(row[at:at + 3] for at in (0, 3, 6)) for row in ["554678912"] * 9)
        boxed = "+---+---+---+\n" + drawn + "\n+---+---+---+\n"
        boards = [step, step.text, step.array, step.array.tolist(), "1" * 81, [["1"] * 9] * 9, drawn, boxed]
        rows = [list(row) for row in MAZE.replace("S", "#").splitlines()]
        mazes = [MAZE.replace("S", " "), MAZE.replace("G", "S"), np.array(rows)]
        for puzzle, answers in ((HARD, boards), (MAZE, mazes)):
            for number, answer in enumerate(answers):
                with self.subTest(puzzle=puzzle[:9], number=number):
                    self.assertIs(hrm.Puzzle(puzzle).check(answer), False)
        for other in ("1" * 80, MAZE, "no board", np.zeros((9, 8), int), 5, None):
            with self.subTest(other=other), self.assertRaises(hrm.Error):
                hrm.Puzzle(HARD).check(other)

    def test_a_model_of_a_path_is_that_of_its_files_now(self):
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder, "model")
            asked = [(EASY, "sudoku"), (MAZE, "maze"), (EASY, "sudoku")]
            for puzzle, name in asked:
                shutil.rmtree(model, ignore_errors=True)
                shutil.copytree(ROOT / "weights" / name, model)
                answer = hrm.solve(puzzle, model=model, device="cpu")
                self.assertTrue(answer.valid, name)
            # Files of the same sizes, at another time.
            before = hrm.solve(EASY, model=model, device="cpu", segments=1).array
            weights = model / "model.safetensors"
            data = bytearray(weights.read_bytes())
            data[-4000:] = bytes(4000)
            weights.write_bytes(data)
            after = hrm.load(model, device="cpu").solve(EASY, segments=1).array
            again = hrm.solve(EASY, model=model, device="cpu", segments=1).array
            np.testing.assert_array_equal(again, after)
            self.assertEqual(before.shape, after.shape)

    def test_few_models_stay_open_whatever_the_folder(self):
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            try:
                for number in range(8):
                    Path(folder, str(number)).mkdir()
                    os.chdir(Path(folder, str(number)))
                    hrm.solve(EASY, model="sudoku", device="cpu")
                    shutil.copytree(ROOT / "weights" / "sudoku", "copy")
                    hrm.solve(EASY, model="copy", device="cpu")
            finally:
                os.chdir(here)
        self.assertLessEqual(len(hrm._api._opened), 4)

    def test_an_open_model_has_its_device(self):
        for call in (hrm.solve, hrm.stream):
            with self.assertRaises(hrm.UsageError) as caught:
                call(EASY, model=self.model, device="cuda:7")
            self.assertEqual((caught.exception.where, caught.exception.found), ("device", "'cuda:7'"))

    def test_a_puzzle_has_many_forms(self):
        digits = np.array([int(cell) if cell != "." else 0 for cell in EASY]).reshape(9, 9)
        rows = [EASY[i : i + 9] for i in range(0, 81, 9)]
        forms = [EASY, "\n".join(rows), digits, digits.astype(np.uint8), digits.tolist(), digits.ravel()]
        forms += [np.array([list(row) for row in rows]), [list(row) for row in rows], EASY.encode(), hrm.Puzzle(EASY)]
        forms += [hrm.Puzzle.from_tokens(digits.ravel() + 1)]
        for form in forms:
            self.assertEqual(hrm.Puzzle(form), hrm.Puzzle(EASY))
        puzzle = hrm.Puzzle(EASY)
        np.testing.assert_array_equal(puzzle.array, digits)
        np.testing.assert_array_equal(puzzle.tokens, digits.ravel() + 1)
        self.assertEqual((puzzle.task, puzzle.shape, puzzle.question), ("sudoku", (9, 9), "unique"))

    def test_the_task_of_a_puzzle_finds_its_model(self):
        answer = hrm.solve(MAZE, device="cpu")
        self.assertEqual((answer.model, answer.array.shape, answer.array[1, 1]), ("maze", (15, 15), "S"))
        self.assertEqual(hrm.Puzzle(answer.puzzle.array), hrm.Puzzle(MAZE))

    def test_files_and_tasks_of_arc_are_read(self):
        path = ROOT / "tests" / "data" / "sudoku-check.csv"
        puzzles = hrm.read(path)
        self.assertEqual((len(puzzles), {puzzle.task for puzzle in puzzles}), (60, {"sudoku"}))
        task = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[3, 0]]}]}
        puzzle = hrm.Puzzle(task)
        self.assertEqual((puzzle.task, puzzle.array.tolist()), ("arc", [[3, 0]]))

    def test_steps_come_one_by_one(self):
        steps = list(self.model.stream(EASY, states=True))
        raw = self.model.run(hrm.Puzzle(EASY).tokens, segments=len(steps))
        for number, (step, segment) in enumerate(zip(steps, raw), 1):
            self.assertEqual((step.segment, step.attempt, step.answer is None), (number, 0, number < len(steps)))
            np.testing.assert_array_equal(step.tokens, segment.preds[0])
            np.testing.assert_array_equal(step.logits, segment.logits[0])
            np.testing.assert_array_equal(step.z_H, segment.z_H[0])
            np.testing.assert_array_equal(step.z_L, segment.z_L[0])
            self.assertTrue(((step.confidence > 0) & (step.confidence <= 1)).all())
            self.assertEqual(step.moved[0] is None, number == 1)
            self.assertEqual(hrm.Puzzle(EASY).check(step), step.valid)
        self.assertEqual((len(steps[0].changed), steps[-1].text, steps[-1].valid), (EASY.count("."), SOLVED, True))
        self.assertEqual((steps[-1].stopped, steps[-1].answer.text), ("valid", SOLVED))
        self.assertIsNone(next(self.model.stream(EASY)).z_H)

    def test_tries_and_halting_are_options(self):
        one, many = (hrm.solve(HARD, device="cpu", tries=tries) for tries in (1, 16))
        self.assertEqual((one.valid, one.stopped, many.valid), (False, "limit", True))
        self.assertTrue(1 < many.tries <= 16 and one.faults)
        fixed = self.model.solve(EASY, halt="fixed", segments=6, trace=False)
        self.assertEqual((fixed.segments, fixed.stopped), (6, "limit"))
        noisy = self.model.solve(EASY, variants="noise", noise=0.5, tries=2, batch=1)
        self.assertEqual(noisy.text, SOLVED)

    def test_many_puzzles_are_answered_in_order(self):
        puzzles = hrm.read(ROOT / "tests" / "data" / "sudoku-check.csv")[:20]
        for trace in (False, True):
            answers = self.model.solve_many(puzzles, segments=2, trace=trace)
            self.assertEqual([answer.puzzle for answer in answers], puzzles)
        alone = self.model.solve(puzzles[7], segments=2)
        self.assertEqual(answers[7].text, alone.text)

    def test_a_notebook_shows_boards_and_the_thinking(self):
        answer = self.model.solve(EASY)
        for board in (answer, hrm.Puzzle(EASY), next(self.model.stream(EASY))):
            self.assertEqual(board._repr_html_().count("<td"), 81)
        gif, png = answer.gif(), answer.png("dark")
        self.assertEqual((bytes(gif[:6]), png._repr_png_()[:4]), (b"GIF89a", b"\x89PNG"))
        self.assertIn("data:image/gif;base64,", gif._repr_html_())
        with self.assertRaises(hrm.UsageError):
            self.model.solve(EASY, trace=False).gif()

    def test_data_sets_are_evaluated(self):
        path = ROOT / "tests" / "data" / "sudoku-check.csv"
        whole = hrm.evaluate(path, device="cpu", segments=3, curve=True)
        self.assertEqual((whole.samples, len(whole.records), whole.problems), (60, 60, []))
        self.assertEqual(whole.exact_accuracy, sum(record["exact"] for record in whole.records) / 60)
        self.assertEqual(whole.figures["curve"][-1]["exact_accuracy"], whole.exact_accuracy)
        rows = [line.split(",")[1:3] for line in path.read_text().splitlines()[1:]]
        ids = lambda text: [1 if cell in ".0" else int(cell) + 1 for cell in text]
        inputs, labels = (np.array([ids(row[side]) for row in rows]) for side in (0, 1))
        arrays = hrm.evaluate((inputs, labels), device="cpu", segments=3)
        self.assertEqual((arrays.exact_accuracy, arrays.accuracy), (whole.exact_accuracy, whole.accuracy))
        predictions = np.array([record["prediction"] for record in arrays.records])
        self.assertEqual((predictions == labels).all(1).mean(), arrays.exact_accuracy)
        self.assertEqual(hrm.evaluate(path, device="cpu", segments=1, limit=5).samples, 5)
        self.assertIn("exact_accuracy", whole._repr_html_())
        some = dataclasses.replace(whole, problems=["one", "two"])
        self.assertIn("problems=2", repr(some))
        self.assertIn("<th>problems</th><td>2</td>", some._repr_html_())
        odd = dataclasses.replace(whole, figures={"model": "<b>&"})
        self.assertIn("<td>&lt;b&gt;&amp;</td>", odd._repr_html_())


if __name__ == "__main__":
    unittest.main()
