"""Forks, threads and Ctrl-C."""

import itertools
import multiprocessing
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path

import hrm
import numpy as np
from shared import EASY, SOLVED, ctrl_c


class Threads(unittest.TestCase):
    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_fork_is_told_to_open_its_own_model(self):
        model, tokens = hrm.load(device="cpu"), np.ones((32, 81), int)
        model.run(tokens, segments=1)
        self.assertTrue(hrm.solve(EASY, device="cpu").valid)

        def in_fork():
            with self.assertRaises(hrm.DeviceError) as caught:
                model.run(tokens, segments=1)
            self.assertIn("open it again", str(caught.exception))
            self.assertTrue(hrm.solve(EASY, device="cpu", tries=4).valid)
            hrm.load(device="cpu").run(tokens, segments=1)

        child = multiprocessing.get_context("fork").Process(target=in_fork)
        child.start()
        child.join(60)
        self.assertEqual(child.exitcode, 0)

    def test_ctrl_c_is_obeyed_while_an_argument_is_read(self):
        class Stopped:
            """Whatever reads it is interrupted."""

            def stop(self, *_args, **_options):
                raise KeyboardInterrupt

            __array__ = __fspath__ = __index__ = __float__ = __bool__ = __getitem__ = __len__ = read = stop

        model = hrm.load(device="cpu")
        labels = np.ones((1, 81), int)
        calls = {
            "run": lambda it: model.run(it, segments=1),
            "solve": lambda it: model.solve(it),
            "puzzle": lambda it: hrm.Puzzle(it),
            "check": lambda it: hrm.Puzzle(EASY).check(it),
            "read": lambda it: hrm.read(it),
            "load": lambda it: hrm.load(it),
            "path": lambda it: hrm.evaluate(it, model=model),
            "arrays": lambda it: hrm.evaluate((it, labels), model=model),
            "segments": lambda it: model.solve(EASY, segments=it),
            "noise": lambda it: model.solve(EASY, noise=it),
        }
        for name, call in calls.items():
            with self.subTest(name), self.assertRaises(KeyboardInterrupt):
                call(Stopped())

    def test_ctrl_c_ends_what_runs(self):
        model = hrm.load(device="cpu")
        long = {
            "run": lambda: model.run(np.ones(81, int), segments=20_000, logits=False, states=False),
            "solve": lambda: model.solve(EASY, halt="fixed", segments=1_000_000),
            "without a trace": lambda: model.solve(EASY, halt="fixed", segments=1_000_000, trace=False),
            "many": lambda: model.solve_many([EASY] * 4, halt="fixed", segments=1_000_000),
            "evaluate": lambda: hrm.evaluate(([[1] * 81] * 4, [[2] * 81] * 4), model=model, segments=1_000_000),
        }
        for name, call in long.items():
            with self.subTest(name), ctrl_c(self):
                call()
        # A GIF takes a while where the segments are many, as here by repetition.
        make, (parts,) = model.solve(EASY).__reduce__()
        answer = make((*parts[:-1], parts[-1] * 100))
        with self.subTest("gif"), ctrl_c(self, 0.1):
            answer.gif()
        with self.subTest("reading many"), ctrl_c(self):
            model.solve_many(itertools.repeat(EASY, 1_000_000))
        # What was interrupted harms nothing that comes after.
        self.assertEqual(model.solve(EASY).text, SOLVED)

    @unittest.skipUnless(hasattr(os, "mkfifo"), "there are no pipes with names here")
    def test_ctrl_c_ends_reading(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # As a disk that does not answer.
        path = Path(folder.name) / "puzzles.txt"
        os.mkfifo(path)
        for read in (lambda: hrm.read(path), lambda: hrm.evaluate(path, device="cpu")):
            with ctrl_c(self):
                read()
            # What still waits for the pipe is let go.
            os.close(os.open(path, os.O_WRONLY))
        # The same by a text, and a picture that nobody takes.
        picture = hrm.Png(bytes(1 << 20))
        for call, side in ((lambda: hrm.read(str(path)), os.O_WRONLY), (lambda: picture.save(path), os.O_RDONLY)):
            with ctrl_c(self):
                call()
            os.close(os.open(path, side))
        many = "\n".join([EASY] * 2000)
        self.assertEqual(len(hrm.read(many)), 2000)

    def test_other_threads_go_on_meanwhile(self):
        model, ticks, over = hrm.load(device="cpu"), 0, threading.Event()

        def count():
            nonlocal ticks
            while not over.wait(0.001):
                ticks += 1

        thread = threading.Thread(target=count)
        thread.start()
        begun = time.monotonic()
        model.run(np.ones((32, 81), int), segments=20)
        seconds = time.monotonic() - begun
        over.set()
        thread.join()
        self.assertGreater(ticks, 20 * seconds)

    def test_a_model_serves_several_threads(self):
        model, results = hrm.load(device="cpu"), []
        threads = [threading.Thread(target=lambda: results.append(model.solve(EASY).text)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, [SOLVED] * 4)


if __name__ == "__main__":
    unittest.main()
