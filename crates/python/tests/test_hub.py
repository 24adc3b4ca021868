"""Models and data sets by their names, from a hub on this machine."""

import contextlib
import hashlib
import http.server
import json
import os
import shutil
import tempfile
import threading
import time
import unittest
import unittest.mock

import hrm
from shared import EASY, GOLDEN, SOLVED, ctrl_c


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
        hub, self.asked, self.waits = self, [], ""

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
                is_weights = "step" in self.path
                for at in range(0, len(body), 1000):
                    if is_weights and hub.waits == "silent" and at > 0:
                        return hub.over.wait(20)
                    time.sleep(0.05 if is_weights and hub.waits == "slow" else 0)
                    with contextlib.suppress(OSError):
                        self.wfile.write(body[at : at + 1000])

            def log_message(self, *_):
                pass

        self.over = threading.Event()
        self.addCleanup(self.over.set)
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
        for wait in ("busy", "mute"):
            self.waits = wait
            said = self.assertLogs("hrm") if wait == "busy" else contextlib.nullcontext()
            with self.subTest(wait), said, ctrl_c(self, 0.5):
                hrm.load("hub:" + self.NAME, device="cpu")

    def test_ctrl_c_ends_a_fetch_and_the_next_goes_on_at_once(self):
        for wait in ("slow", "silent"):
            shutil.rmtree(os.environ["HF_HUB_CACHE"])
            with self.subTest(wait):
                self.waits = wait
                with ctrl_c(self, 0.5):
                    hrm.load("hub:" + self.NAME, device="cpu")
                self.waits = ""
                begun = time.monotonic()
                with self.assertNoLogs("hrm", "WARNING") if hasattr(self, "assertNoLogs") else contextlib.nullcontext():
                    self.assertEqual(hrm.load("hub:" + self.NAME, device="cpu").family, "trm")
                self.assertLess(time.monotonic() - begun, 5)


if __name__ == "__main__":
    unittest.main()
