"""The package as its users have it: installed from a wheel. `python -m unittest discover crates/python/tests`."""

import array
import collections
import contextlib
import copy
import errno
import hashlib
import http.server
import inspect
import io
import json
import multiprocessing
import os
import pickle
import re
import signal
import struct
import tempfile
import threading
import time
import types
import typing
import unittest
import unittest.mock
from pathlib import Path

import hrm
import numpy as np

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "golden"
EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
SOLVED = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
# One try does not solve it.
HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
MAZE = """\
###############
#S  #         #
### # ### ### #
#   #   # #   #
# ##### # # ###
#       # #   #
######### ### #
#   #   #   # #
# # # # ### # #
# #   #     # #
# ########### #
# #         # #
# # ####### # #
#           #G#
###############"""


def tensors(path):
    """The tensors of a safetensors file, without a package for it."""
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    types = {"F32": np.float32, "I32": np.int32, "I64": np.int64, "U8": np.uint8}
    found = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if entry.get("dtype") in types:
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + length + begin : 8 + length + end], types[entry["dtype"]])
            found[name] = values.reshape(entry["shape"])
    return found


def distance(found, official):
    official = official.astype(np.float64)
    return np.linalg.norm(found - official) / np.linalg.norm(official)


class Solving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = hrm.load(device="cpu")

    def test_five_lines_solve_a_puzzle(self):
        answer = hrm.solve(EASY, device="cpu")
        self.assertEqual((answer.text, answer.valid, answer.stopped), (SOLVED, True, "valid"))
        self.assertEqual((answer.tries, answer.faults, str(answer)), (1, [], SOLVED))
        np.testing.assert_array_equal(answer.array.ravel(), [int(digit) for digit in SOLVED])
        self.assertTrue(answer.puzzle.check(answer.array))
        self.assertIn("valid", repr(answer))

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
        self.assertEqual((len(steps[0].changed), steps[-1].text, steps[-1].valid), (81, SOLVED, True))
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


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = hrm.load(device="cpu")
        cls.tokens = np.random.default_rng(1).integers(1, 11, (3, 81))

    def test_outputs_are_the_official_ones(self):
        for case, file in [
            ("hrm-tiny", "checkpoint.pt"),
            ("trm-att-tiny", ""),
            ("trm-mlp-tiny", ""),
            ("eqr-maze-tiny", "checkpoint.pth"),
            ("nano-mlp-tiny", "last.ckpt"),
            ("urm-sudoku-tiny", ""),
            ("serrm-arc-tiny", ""),
            ("sotaku-wide", ""),
        ]:
            official = tensors(GOLDEN / case / "io.safetensors")
            # Some families begin with what their authors' code drew.
            first = [official[name] for name in ("init.z_H", "init.z_L") if name in official]
            model = hrm.load(GOLDEN / case / file, device="cpu")
            segments = model.run(official, segments=4, carry=first or None)
            for segment in segments:
                bound = 1e-5 if segment.number == 1 else 1e-4
                for name in ("logits", "z_H", "z_L"):
                    wanted = official.get(f"seg{segment.number}.{name}")
                    if wanted is not None:
                        found = getattr(segment, name)
                        self.assertEqual(found.shape, wanted.shape, (case, name))
                        self.assertLess(distance(found, wanted), bound, (case, segment.number, name))
                for name in ("q_halt", "q_continue"):
                    wanted = official.get(f"seg{segment.number}.{name}")
                    if wanted is not None:
                        np.testing.assert_allclose(getattr(segment, name), wanted, atol=1e-3)

    def test_every_array_will_do(self):
        class Tensor:
            """What has no more than DLPack."""

            def __init__(self, values):
                self.__dlpack__, self.__dlpack_device__ = values.__dlpack__, values.__dlpack_device__

        class Framework:
            """What has no more than NumPy's protocol, as tensors of torch and JAX have it."""

            def __init__(self, values):
                self.values = values

            def __array__(self, dtype=None, copy=None):
                return np.asarray(self.values, dtype)

        wanted = self.model.run(self.tokens, segments=1)[0]
        forms = [self.tokens.astype(dtype) for dtype in ("u1", "i1", "u2", "i4", "u4", "u8", ">i8")]
        forms += [self.tokens.tolist(), Framework(self.tokens), np.asfortranarray(self.tokens), {"inputs": self.tokens}]
        forms += [np.repeat(self.tokens, 2, 1)[:, ::2], memoryview(np.ascontiguousarray(self.tokens))]
        forms += [Tensor(np.array(self.tokens))]
        for form in forms:
            found = self.model.run(form, segments=1)[0]
            for name in ("preds", "q_halt", "q_continue", "logits", "z_H", "z_L"):
                np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
        single = self.model.run(array.array("B", self.tokens[0].tolist()), segments=1)[0]
        np.testing.assert_array_equal(single.logits, wanted.logits[:1])

    def test_arrays_are_batch_first_and_handed_over(self):
        first, second = self.model.run(self.tokens, segments=2)
        self.assertEqual((first.logits.shape, first.preds.shape, first.q_halt.shape), ((3, 81, 11), (3, 81), (3,)))
        self.assertEqual((first.logits.dtype, first.preds.dtype), (np.float32, np.int32))
        for values in (first.logits, first.z_H, first.z_L, first.preds):
            self.assertTrue(values.flags.c_contiguous and values.flags.writeable and not values.flags.owndata)
        self.assertIs(first.logits, first.logits)
        first.z_H[:] = 0
        self.assertTrue(np.abs(second.z_H).max() > 0)
        bare = self.model.run(self.tokens, segments=1, logits=False, states=False)[0]
        self.assertEqual((bare.logits, bare.z_H, bare.z_L, bare.carry), (None, None, None, ()))
        self.assertEqual(len(self.model.run(self.tokens)), self.model.segments)

    def test_a_run_goes_on_from_a_carry(self):
        whole = self.model.run(self.tokens, segments=3)
        begun = self.model.run(self.tokens, segments=1)[0]
        rest = self.model.run(self.tokens, segments=2, carry=begun.carry)
        np.testing.assert_array_equal(rest[-1].logits, whole[-1].logits)

    def test_a_batch_may_be_larger_than_the_slots(self):
        many = np.tile(self.tokens, (30, 1))
        segment = self.model.run(many, segments=1)[0]
        np.testing.assert_array_equal(segment.z_L, np.tile(segment.z_L[:3], (30, 1, 1)))

    def test_models_say_what_they_are(self):
        model = self.model
        self.assertEqual((model.name, model.task, model.device, model.seq_len, model.vocab_size), ("sudoku", "sudoku", "cpu", 81, 11))
        self.assertTrue(model.parameters > 600_000 and model.segments == 16 and model.why_cpu is None)
        half = hrm.load("sudoku", device="cpu", dtype=np.float16)
        self.assertLess(distance(half.run(self.tokens, segments=1)[0].logits, model.run(self.tokens, segments=1)[0].logits), 2e-2)
        self.assertIsInstance(hrm.devices(), list)


class Wrong(unittest.TestCase):
    def test_errors_say_what_was_expected_what_was_found_and_where(self):
        model = hrm.load(device="cpu")
        tokens = np.ones((1, 81), int)
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
            (lambda: hrm.load(task="chess"), hrm.UsageError, None, "`chess`", None),
            (lambda: hrm.load(dtype="f8"), hrm.UsageError, '"f32" or "f16"', "f8", None),
            (lambda: hrm.load(weights="best"), hrm.UsageError, '"ema" or "raw"', '"best"', None),
            (lambda: hrm.load(threads=-1), hrm.UsageError, "1 or more", "-1", None),
            (lambda: hrm.load(device="no such adapter"), hrm.DeviceError, None, None, None),
            (lambda: model.solve(MAZE), hrm.Error, None, None, None),
            (lambda: model.solve(EASY, segments=0), hrm.UsageError, "1 or more", "0", None),
            (lambda: model.solve(EASY, halt="never"), hrm.UsageError, None, "`never`", None),
            (lambda: model.solve(EASY, tries=0), hrm.UsageError, "1 or more", "0", None),
            (lambda: model.run(tokens.astype(float)), hrm.InputError, "an array of integers", "float64", "tokens"),
            (lambda: model.run(tokens * 11), hrm.InputError, "an id below 11", "11", "puzzle"),
            (lambda: model.run(-tokens), hrm.InputError, "ids", "-1 in element 0", "tokens"),
            (lambda: model.run({"labels": tokens}), hrm.InputError, None, "one without", "tokens"),
            (lambda: model.run(tokens[:, 1:]), hrm.InputError, "puzzles of 81 tokens", "80", "model sudoku"),
            (lambda: model.run(tokens[:0]), hrm.InputError, "a shape [B, S]", "[0, 81]", "tokens"),
            (lambda: model.run(tokens, puzzle_identifiers=[0, 0]), hrm.InputError, "a shape [1]", "[2]", "puzzle_identifiers"),
            (lambda: model.run(tokens, carry=[np.zeros((1, 82, 128))]), hrm.InputError, "2 states", "1", "initial carry"),
            (lambda: model.run(tokens, carry=[np.zeros((1, 128, 82))] * 2), hrm.InputError, "states of shape [1, 82, 128]", "[1, 128, 82]", "carry"),
            (lambda: model.run([[1, 2], [3]]), hrm.InputError, "an array", None, "tokens"),
            (lambda: hrm.solve({"train": np.ones(2), "test": []}), hrm.InputError, "what JSON can hold", "other", "puzzle"),
            (lambda: model.run(tokens, carry=[tokens, tokens]), hrm.InputError, None, "int64", "carry"),
            (lambda: hrm.evaluate("no-such.csv"), hrm.FileError, None, None, "no-such.csv"),
            (lambda: hrm.evaluate((tokens, tokens[:, 1:])), hrm.InputError, None, "[1, 81] and [1, 80]", "dataset"),
            (lambda: hrm.evaluate(3), hrm.InputError, None, "something else", "dataset"),
        ]
        for number, (call, kind, expected, found, where) in enumerate(table):
            with self.subTest(number), self.assertRaises(kind) as caught:
                call()
            error = caught.exception
            self.assertIsInstance(error, hrm.Error)
            for wanted, has in [(expected, error.expected), (found, error.found), (where, error.where)]:
                if wanted is not None:
                    self.assertEqual(has, wanted, str(error))
        with self.assertRaises(TypeError) as caught:
            model.solve(EASY, segment=3)
        self.assertIn("'segment'", str(caught.exception))
        self.assertTrue(issubclass(hrm.FileError, OSError) and issubclass(hrm.PuzzleError, ValueError))

    def test_more_segments_than_memory_holds_are_begun_all_the_same(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        press = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
        press.start()
        with self.assertRaises(KeyboardInterrupt):
            hrm.load(device="cpu").run(np.ones(81, int), segments=10**15, logits=False, states=False)
        press.join()

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


class Hub(unittest.TestCase):
    """Models and data sets by their names, from a hub on this machine."""

    NAME = "alphaXiv/trm-model-sudoku"
    COMMIT = "0123456789abcdef0123456789abcdef01234567"

    def setUp(self):
        model = GOLDEN / "trm-mlp-tiny"
        files = {
            self.NAME: {
                "step_32550_sudoku_epoch50k": (model / "checkpoint.pt").read_bytes(),
                "config.yaml": (model / "config.yaml").read_bytes(),
            },
            "datasets/some/sudokus": {"test.csv": f"source,question,answer\nx,{EASY},{SOLVED}\n".encode()},
        }
        hub, self.asked, self.is_slow, self.waits = self, [], False, ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                hub.asked.append(self.path)
                if hub.waits == "busy":
                    self.send_response(503)
                    self.send_header("Retry-After", "30")
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                if hub.waits == "mute":
                    return time.sleep(3)
                path = self.path.partition("?")[0].removeprefix("/")
                repository, _, rest = path.partition("/resolve/")
                if repository in files and (body := files[repository].get(rest.partition("/")[2])):
                    return self.give(body)
                name = path.removeprefix("api/").removeprefix("models/").partition("/revision/")[0]
                if name not in files:
                    return self.send_error(404)
                sibling = lambda file, body: {
                    "rfilename": file,
                    "size": len(body),
                    "lfs": {"sha256": hashlib.sha256(body).hexdigest()},
                }
                siblings = [sibling(*file) for file in files[name].items()]
                self.give(json.dumps({"sha": hub.COMMIT, "siblings": siblings}).encode())

            def give(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for at in range(0, len(body), 1000):
                    time.sleep(0.05 if hub.is_slow and "step" in self.path else 0)
                    with contextlib.suppress(OSError):
                        self.wfile.write(body[at : at + 1000])

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        cache = tempfile.TemporaryDirectory()
        self.addCleanup(cache.cleanup)
        environment = {"HF_HUB_CACHE": cache.name, "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_OFFLINE": ""}
        patch = unittest.mock.patch.dict(os.environ, environment)
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_model_is_fetched_once(self):
        with self.assertLogs("hrm", "INFO") as logs:
            model = hrm.load("hub:" + self.NAME, device="cpu")
        self.assertEqual((model.family, model.task), ("trm", "sudoku"))
        self.assertTrue(any("fetching step_32550_sudoku_epoch50k, " in line for line in logs.output), logs.output)
        asked = len(self.asked)
        os.environ["HF_HUB_OFFLINE"] = "1"
        self.assertEqual(repr(hrm.load("hub:" + self.NAME, device="cpu")), repr(model))
        self.assertEqual(len(self.asked), asked)

    def test_a_data_set_is_fetched(self):
        figures = hrm.evaluate("hub:some/sudokus", device="cpu")
        self.assertEqual((len(figures.records), figures.exact_accuracy), (1, 1.0))

    def test_what_is_not_there_is_a_model_error(self):
        with self.assertRaises(hrm.ModelError) as caught:
            hrm.load("hub:nobody/nothing")
        self.assertEqual(caught.exception.where, "hub:nobody/nothing")
        with self.assertRaises(hrm.InputError):
            hrm.evaluate("hub:nobody/nothing")

    def test_ctrl_c_ends_a_wait(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        for wait in ("busy", "mute"):
            self.waits = wait
            press = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
            press.start()
            begun = time.monotonic()
            said = self.assertLogs("hrm") if wait == "busy" else contextlib.nullcontext()
            with self.subTest(wait), said, self.assertRaises(KeyboardInterrupt):
                hrm.load("hub:" + self.NAME, device="cpu")
            press.join()
            self.assertLess(time.monotonic() - begun, 5)

    def test_ctrl_c_ends_a_fetch_which_goes_on_later(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        self.is_slow = True
        press = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
        press.start()
        begun = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            hrm.load("hub:" + self.NAME, device="cpu")
        press.join()
        self.assertLess(time.monotonic() - begun, 5)
        self.is_slow = False
        self.assertEqual(hrm.load("hub:" + self.NAME, device="cpu").family, "trm")


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

    def test_ctrl_c_ends_what_runs(self):
        # A shell may have started this so that Ctrl-C is ignored.
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        model = hrm.load(device="cpu")
        long = {
            "run": lambda: model.run(np.ones(81, int), segments=20_000, logits=False, states=False),
            "solve": lambda: model.solve(EASY, halt="fixed", segments=1_000_000),
            "without a trace": lambda: model.solve(EASY, halt="fixed", segments=1_000_000, trace=False),
            "many": lambda: model.solve_many([EASY] * 4, halt="fixed", segments=1_000_000),
            "evaluate": lambda: hrm.evaluate(([[1] * 81] * 4, [[2] * 81] * 4), model=model, segments=1_000_000),
        }
        for name, call in long.items():
            press = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
            press.start()
            begun = time.monotonic()
            with self.subTest(name), self.assertRaises(KeyboardInterrupt):
                call()
            press.join()
            self.assertLess(time.monotonic() - begun, 5)
        # What was interrupted harms nothing that comes after.
        self.assertEqual(model.solve(EASY).text, SOLVED)

    @unittest.skipUnless(hasattr(os, "mkfifo"), "there are no pipes with names here")
    def test_ctrl_c_ends_reading(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # As a disk that does not answer.
        path = Path(folder.name) / "puzzles.txt"
        os.mkfifo(path)
        for read in (lambda: hrm.read(path), lambda: hrm.evaluate(path, device="cpu")):
            press = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
            press.start()
            with self.assertRaises(KeyboardInterrupt):
                read()
            press.join()
            # What still waits for the pipe is let go.
            os.close(os.open(path, os.O_WRONLY))
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


class Forms(unittest.TestCase):
    def test_puzzles_are_values(self):
        for text in (EASY, MAZE):
            puzzle = hrm.Puzzle(text)
            for other in (pickle.loads(pickle.dumps(puzzle)), copy.deepcopy(puzzle), hrm.Puzzle(puzzle.text)):
                self.assertEqual((other, hash(other)), (puzzle, hash(puzzle)))

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

    @unittest.skipUnless(hasattr(typing, "Unpack"), "older Pythons have no Unpack")
    def test_hints_of_types_can_be_asked_for(self):
        for function in (hrm.load, hrm.solve, hrm.stream, hrm.evaluate):
            self.assertIn("return", typing.get_type_hints(function))


class Documentation(unittest.TestCase):
    def test_everything_public_says_what_it_is(self):
        for name in hrm.__all__:
            item = getattr(hrm, name)
            if name.startswith("_"):
                continue
            self.assertTrue(inspect.getdoc(item), name)
            for member in vars(item) if inspect.isclass(item) else ():
                value = getattr(item, member)
                if not member.startswith("_") and (callable(value) or inspect.isdatadescriptor(value)):
                    self.assertTrue(inspect.getdoc(value), f"{name}.{member}")

    def test_the_documents_do_what_they_say(self):
        texts = [(ROOT / name).read_text() for name in ("README.md", "crates/python/README.md", "docs/python.md")]
        blocks = re.findall("```python\n(.*?)```", "".join(texts), re.S)
        self.assertGreater(len(blocks), 7)
        names, before = {}, os.getcwd()
        os.chdir(ROOT)
        self.addCleanup(os.chdir, before)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            for block in blocks:
                exec(block, names)
        self.assertTrue(names["answer"].valid)
        self.assertIn("1 3 ", printed.getvalue())

    def test_the_version_is_that_of_the_distribution(self):
        from importlib.metadata import version

        self.assertEqual(version("hrm-runtime"), hrm.__version__)


if __name__ == "__main__":
    os.environ.setdefault("HRM_AUTOTUNE", "off")
    unittest.main()
