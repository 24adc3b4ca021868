"""Muon (orthogonalised momentum) for the blocks' matrices, AdamW for the rest; a moving average (EMA) of everything."""
import math
import torch
from hrm import views


class Optimiser:
    def __init__(self, cfg, flat, momentum=0.95, weight_decay=0.1, ema=0.999):
        self.cfg, self.flat, self.beta, self.decay, self.ema_rate = cfg, flat, momentum, weight_decay, ema
        self.momentum, self.m, self.v = (torch.zeros_like(flat) for _ in range(3))
        self.ema = flat.clone()
        names = [n for n, _ in cfg.layout()]
        self.blocks = [n for n in names if ".layers." in n]
        first = sum(math.prod(shape) for _, shape in cfg.layout()[:names.index(self.blocks[0])])
        self.rest = [slice(0, first), slice(flat.numel() - 2, flat.numel())]  # ruled by AdamW
        # q_continue stays exactly zero, so that q_halt > q_continue is q_halt > 0; weight decay only for the output head.
        self.free, self.decayed = torch.ones_like(flat), torch.zeros_like(flat)
        w = views(cfg, self.free)
        w["q_head.weight"][1] = 0
        w["q_head.bias"][1] = 0
        views(cfg, self.decayed)["lm_head.weight"].fill_(1)

    def matrices(self, flat):
        """Batches of equal shape with at most as many rows as columns: q, k, v, o and gateᵀ, upᵀ, down."""
        w, D, I = views(self.cfg, flat), self.cfg.hidden, self.cfg.inner
        square, wide = [], []
        for n in self.blocks:
            if "qkv" in n:
                square += [w[n][:D], w[n][D:2 * D], w[n][2 * D:]]
            elif "o_proj" in n:
                square.append(w[n])
            elif "gate_up" in n:
                wide += [w[n][:I].T, w[n][I:].T]
            else:
                wide.append(w[n])
        return square, wide

    @staticmethod
    def orthogonal(x, steps=5):
        x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
        for _ in range(steps):
            a = torch.bmm(x, x.transpose(1, 2))
            x = torch.baddbmm(x, torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315), x, beta=3.4445)
        return x

    def step(self, grad, t, lr, adam_lr):
        flat = self.flat
        self.momentum.lerp_(grad, 1 - self.beta)
        direction = torch.lerp(grad, self.momentum, self.beta)  # Nesterov
        for d, p in zip(self.matrices(direction), self.matrices(flat)):
            for o, q in zip(self.orthogonal(torch.stack(d)), p):
                tall = q.stride(0) == 1  # a transposed view: more outputs than inputs
                q.mul_(1 - lr * self.decay).add_(o, alpha=-lr * ((q.shape[1] / q.shape[0]) ** 0.5 if tall else 1.0))
        for r in self.rest:
            g, m, v, p = grad[r] * self.free[r], self.m[r], self.v[r], flat[r]
            m.lerp_(g, 0.1), v.lerp_(g * g, 0.02)
            update = m / (1 - 0.9 ** t) / ((v / (1 - 0.98 ** t)).sqrt() + 1e-10)
            p.sub_(adam_lr * (update + self.decay * self.decayed[r] * p))
        self.ema.lerp_(flat, 1 - min(self.ema_rate, (1 + t) / (10 + t)))

    def rest_of(self, v):
        return torch.cat([v[r] for r in self.rest])

    def set_rest(self, v, values):
        at = 0
        for r in self.rest:
            n = v[r].numel()
            v[r] = values[at:at + n]
            at += n
