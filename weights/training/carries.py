"""Live carries: batches that take turns. A sample stays over many segments, until it is solved or at its limit."""
import os
import numpy as np
import torch


class Block:
    def __init__(self, cfg, n, device):
        self.zh, self.zl = (torch.zeros(n, cfg.positions, cfg.hidden, device=device) for _ in range(2))
        self.questions, self.answers = (torch.zeros(n, cfg.seq_len, dtype=torch.int32, device=device) for _ in range(2))
        self.ids = torch.zeros(n, dtype=torch.int32, device=device)
        self.segments, self.limit, self.levels = (np.zeros(n, int) for _ in range(3))
        self.done, self.stays = np.ones(n, bool), np.zeros(n, bool)


class Carries:
    def __init__(self, cfg, batch, blocks, init, device):
        self.blocks = [Block(cfg, batch, device) for _ in range(blocks)]
        self.init, self.cursor, self.first = init, 0, None

    def turn(self, step):
        """The next block. New ones join one by one, so that the numbers of segments stay mixed."""
        self.first = step if self.first is None else self.first
        self.cursor = (self.cursor + 1) % min(len(self.blocks), 16 + (step - self.first) // 6)
        return self.blocks[self.cursor]

    def refill(self, block, slots, puzzles, levels, limit, stay, rng):
        """Puts puzzles, which are questions, answers and identifiers, into these slots."""
        device = block.questions.device
        at = torch.from_numpy(slots).to(device)
        block.questions[at], block.answers[at], block.ids[at] = (torch.from_numpy(v).to(device) for v in puzzles)
        block.zh[at], block.zl[at] = self.init[0], self.init[1]
        fresh = not block.limit.any()  # of a new block the limits are mixed, or all its samples would leave at once
        block.stays[slots] = rng.random(len(slots)) < stay
        block.limit[slots] = rng.integers(1, limit + 1, len(slots)) if fresh else limit + 8 * block.stays[slots]
        block.segments[slots], block.levels[slots] = 0, levels

    def keep(self, path):
        torch.save(([vars(b) for b in self.blocks], self.first), path)

    def restore(self, path):
        """Takes over what `keep` left, once."""
        if not os.path.exists(path):
            return
        blocks, first = torch.load(path, weights_only=False)
        if blocks[0].keys() == vars(self.blocks[0]).keys():  # otherwise of another version: begin with new ones
            self.first = first
            for block, values in zip(self.blocks, blocks):
                vars(block).update(values)
        os.remove(path)
