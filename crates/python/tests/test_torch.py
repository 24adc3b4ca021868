"""Against a PyTorch module that was written from the specification: benches/peers/model.py. Needs safetensors, too."""

import sys
import unittest

import hrm
import numpy as np
from shared import ROOT

try:
    import torch
except ImportError:
    raise unittest.SkipTest("PyTorch is not installed") from None

sys.path.append(str(ROOT / "benches" / "peers"))

import model as peer  # noqa: E402


class Torch(unittest.TestCase):
    def test_outputs_are_those_of_the_pytorch_module(self):
        torch.set_grad_enabled(False)
        random = torch.Generator().manual_seed(1)
        for name, vocab in [("sudoku", 11), ("maze", 6)]:
            module, start = peer.load(ROOT / "weights" / name)
            ours = hrm.load(ROOT / "weights" / name, device="cpu")
            batch = {"inputs": torch.randint(1, vocab, (3, ours.seq_len), generator=random, dtype=torch.int32)}
            batch["puzzle_identifiers"] = torch.zeros(3, dtype=torch.int32)
            z_h, z_l, x = start(batch["inputs"])
            for segment in ours.run(batch, segments=2):
                z_h, z_l, logits, q, _ = module(z_h, z_l, x)
                np.testing.assert_allclose(np.stack([segment.q_halt, segment.q_continue], 1), q, atol=1e-3)
                for output, official in {"logits": logits, "z_H": z_h, "z_L": z_l}.items():
                    found = torch.from_numpy(getattr(segment, output))
                    distance = torch.linalg.norm(found - official) / torch.linalg.norm(official)
                    self.assertLess(float(distance), 1e-4, (name, segment.number, output))

    def test_tensors_go_in_and_come_out_without_a_copy(self):
        model = hrm.load(device="cpu")
        tokens = torch.ones(2, 81, dtype=torch.int64)
        wanted = model.run(tokens.numpy(), segments=1)[0].logits
        for given in (tokens, tokens.int(), tokens.byte(), tokens[:, torch.arange(81)].T.contiguous().T):
            np.testing.assert_array_equal(model.run(given, segments=1)[0].logits, wanted)
        self.assertEqual(hrm.load(device=torch.device("cpu", 0)).device, "cpu")
        segment = model.run(tokens, segments=1)[0]
        self.assertEqual(torch.from_numpy(segment.logits).data_ptr(), segment.logits.ctypes.data)
        self.assertEqual((torch.from_numpy(segment.preds) == tokens).shape, tokens.shape)
        half = [torch.from_numpy(state).bfloat16() for state in segment.carry]
        np.testing.assert_array_equal(
            model.run(tokens, segments=1, carry=half)[0].logits,
            model.run(tokens, segments=1, carry=[state.float() for state in half])[0].logits,
        )
        with self.assertRaises(hrm.UsageError):
            model.solve("." * 81, segments=torch.tensor(True))
        carry = [torch.from_numpy(state).double() for state in segment.carry]
        np.testing.assert_array_equal(
            model.run(tokens, segments=1, carry=carry)[0].logits, model.run(tokens, segments=2)[1].logits
        )


if __name__ == "__main__":
    unittest.main()
