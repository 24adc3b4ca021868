"""`Model.run`: the official outputs, arrays in and out."""

import array
import unittest

import hrm
import numpy as np
from shared import GOLDEN, distance, tensors


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
        for dtype, bound in (("bf16", 0.2), ("int8", 0.2), (type("dtype", (), {"__str__": lambda _: "torch.bfloat16"})(), 0.2)):
            coarse = hrm.load("sudoku", device="cpu", dtype=dtype).run(self.tokens, segments=1)[0].logits
            self.assertTrue(0 < distance(coarse, model.run(self.tokens, segments=1)[0].logits) < bound, dtype)
        self.assertIsInstance(hrm.devices(), list)


if __name__ == "__main__":
    unittest.main()
