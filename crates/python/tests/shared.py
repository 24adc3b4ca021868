"""What tests share: puzzles, recorded outputs, Ctrl-C."""

import contextlib
import json
import signal
import struct
import threading
import time
from pathlib import Path

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


def refuses(test, table):
    """Each call raises an error of its class; what it expected, what it found and where are told, where they are not None."""
    for number, (call, kind, expected, found, where) in enumerate(table):
        with test.subTest(number):
            with test.assertRaises(kind) as caught:
                call()
            error = caught.exception
            # Not one of Python's own, of which some are derived.
            test.assertEqual(type(error).__module__, "hrm._errors")
            for wanted, has in [(expected, error.expected), (found, error.found), (where, error.where)]:
                if wanted is not None:
                    test.assertEqual(has, wanted, str(error))


@contextlib.contextmanager
def ctrl_c(test, after=0.3):
    """Press Ctrl-C after so many seconds; what runs must end by it, and soon."""
    # A shell may have started the tests so that Ctrl-C is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    press = threading.Timer(after, lambda: signal.raise_signal(signal.SIGINT))
    press.start()
    begun = time.monotonic()
    try:
        with test.assertRaises(KeyboardInterrupt):
            yield
        test.assertLess(time.monotonic() - begun, after + 5)
    finally:
        press.join()
        signal.signal(signal.SIGINT, before)
