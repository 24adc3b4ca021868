"""A small HRM: configuration, flat parameter layout, and the model in PyTorch (CPU, CUDA)."""
import dataclasses, math
import torch
import torch.nn.functional as F


@dataclasses.dataclass
class Config:
    hidden: int = 128
    heads: int = 4
    expansion: float = 3.0
    h_layers: int = 2
    l_layers: int = 2
    h_cycles: int = 4
    l_cycles: int = 2
    pos: str = "learned"  # or "rope"
    vocab: int = 11
    seq_len: int = 81
    halt_max_steps: int = 16
    grad_l: int = 2  # training: how many of the last L steps are differentiated (1: the official 1-step gradient); more than a segment has: several in a row
    puzzles: int = 1  # rows of the puzzle embedding

    @property
    def inner(self):
        return 256 * math.ceil(round(self.expansion * self.hidden * 2 / 3) / 256)

    @property
    def train_segments(self):
        """Segments that a training step runs in a row."""
        return math.ceil(self.grad_l / (self.h_cycles * self.l_cycles))

    @property
    def positions(self):
        return self.seq_len + 1  # one prefix position

    def layout(self):
        """(official name, shape) in the order of the flat parameter vector."""
        D, I, V = self.hidden, self.inner, self.vocab
        out = [("embed_tokens.embedding_weight", (V, D)), ("lm_head.weight", (V, D)), ("q_head.weight", (2, D)),
               ("puzzle_emb.weights", (self.puzzles, D))]
        if self.pos == "learned":
            out.append(("embed_pos.embedding_weight", (self.positions, D)))
        for level, n in (("H_level", self.h_layers), ("L_level", self.l_layers)):
            for i in range(n):
                p = f"{level}.layers.{i}."
                out += [(p + "self_attn.qkv_proj.weight", (3 * D, D)), (p + "self_attn.o_proj.weight", (D, D)),
                        (p + "mlp.gate_up_proj.weight", (2 * I, D)), (p + "mlp.down_proj.weight", (D, I))]
        return out + [("q_head.bias", (2,))]

    def count(self):
        return sum(math.prod(s) for _, s in self.layout())


def views(cfg, flat):
    """The flat vector's tensors by name."""
    out, at = {}, 0
    for name, shape in cfg.layout():
        n = math.prod(shape)
        out[name] = flat[at:at + n].view(shape)
        at += n
    return out


def initialise(cfg, seed, positions=None):
    """Flat parameters and the two initial states (buffers, never trained).
    `positions`: function of (hidden, generator) giving [positions, hidden], a task's start of learned positions."""
    g = torch.Generator().manual_seed(seed)
    flat = torch.zeros(cfg.count())

    def normal(t, std):
        torch.nn.init.trunc_normal_(t, 0, 1, -2, 2, generator=g).mul_(1.137 * std)

    for name, t in views(cfg, flat).items():
        if name == "q_head.bias":
            t[0] = -5.0
        elif name == "embed_pos.embedding_weight" and (start := positions and positions(cfg.hidden, g)) is not None:
            t.copy_(start)
        elif name != "q_head.weight":
            normal(t, 1 / math.sqrt(t.shape[1]))
    init = torch.zeros(2, cfg.hidden)
    normal(init, 1.0)
    return flat, init.bfloat16().float()


def rms(x):
    return x * torch.rsqrt(x.float().square().mean(-1, keepdim=True) + 1e-5).to(x.dtype)


def rope_tables(positions, d, device):
    inv = 1.0 / 10000 ** (torch.arange(0, d, 2, device=device, dtype=torch.float32) / d)
    angle = torch.outer(torch.arange(positions, device=device, dtype=torch.float32), inv)
    return torch.cat([angle, angle], 1).cos(), torch.cat([angle, angle], 1).sin()


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return (x * cos + torch.cat([-b, a], -1) * sin).to(x.dtype)


def block(s, qkv, o, gate_up, down, heads, tables, masks):
    """One block on s [B, T, D]. With masks [n, T, T] also, of the first n heads, the mean over positions and the sum over heads of
    -log of the attention mass that falls on the mask: [B]."""
    B, T, D = s.shape
    d = D // heads
    q, k, v = F.linear(s, qkv).view(B, T, 3, heads, d).permute(2, 0, 3, 1, 4)
    if tables is not None:
        q, k = rotate(q, *tables), rotate(k, *tables)
    loss = None
    if masks is None:
        ctx = F.scaled_dot_product_attention(q, k, v)
    else:
        prob = ((q @ k.transpose(-1, -2)).float() / math.sqrt(d)).softmax(-1)
        mass = (prob[:, :len(masks)] * masks).sum(-1)[:, :, 1:]
        bounded = mass.detach().clamp_min(1e-4)  # as in the engine, also a mass below that is drawn up
        loss = -(bounded.log() + (mass - mass.detach()) / bounded).mean(-1).sum(1)
        ctx = prob.to(v.dtype) @ v
    s = rms(s + F.linear(ctx.transpose(1, 2).reshape(B, T, D), o))
    gate, up = F.linear(s, gate_up).chunk(2, -1)
    return rms(s + F.linear(F.silu(gate) * up, down)), loss


def embed(cfg, w, tokens, ids):
    prefix = w["puzzle_emb.weights"][ids.long()][:, None]
    e = torch.cat([prefix, w["embed_tokens.embedding_weight"][tokens.long()]], 1)
    if cfg.pos == "learned":
        e = 0.707106781 * (e + w["embed_pos.embedding_weight"])
    return math.sqrt(cfg.hidden) * e


def segment(cfg, w, zh, zl, tokens, ids, tables, grad_l=0, masks=None, block=block):
    """One segment; only the last `grad_l` L steps and the H steps after them are differentiated, and with masks their blocks
    add to the auxiliary loss [B], which comes last of what is returned."""
    x, losses = embed(cfg, w, tokens, ids), []

    def module(level, layers, s, live):
        parts = ("self_attn.qkv_proj", "self_attn.o_proj", "mlp.gate_up_proj", "mlp.down_proj")
        with torch.set_grad_enabled(live):
            for i in range(layers):
                weights = (w[f"{level}.layers.{i}.{part}.weight"] for part in parts)
                s, loss = block(s, *weights, cfg.heads, tables, masks if live else None)
                losses.extend([] if loss is None else [loss])
        return s

    for hc in range(cfg.h_cycles):
        for lc in range(cfg.l_cycles):
            live = (cfg.h_cycles - hc) * cfg.l_cycles - lc <= grad_l
            with torch.set_grad_enabled(live):
                s = zl + zh + x
            zl = module("L_level", cfg.l_layers, s, live)
        with torch.set_grad_enabled(live):
            s = zh + zl
        zh = module("H_level", cfg.h_layers, s, live)
    logits = F.linear(zh[:, 1:], w["lm_head.weight"])
    q = F.linear(zh[:, 0], w["q_head.weight"], w["q_head.bias"])
    return zh, zl, logits, q, sum(losses) if losses else None


class TorchBackend:
    """Plain PyTorch on any device; bf16 autocast on CUDA."""

    def __init__(self, cfg, device="cpu", compile=False, autocast=None, masks=None):
        """masks: [n, positions, positions] of 0 and 1: what the auxiliary loss draws the first n heads of every block to."""
        self.cfg, self.device = cfg, torch.device(device)
        self.autocast = self.device.type == "cuda" if autocast is None else autocast
        rope = cfg.pos == "rope"
        self.tables = rope_tables(cfg.positions, cfg.hidden // cfg.heads, self.device) if rope else None
        self.masks = None if masks is None else masks[:cfg.heads].float().to(self.device)
        self.block = block
        if compile:  # the block, not the segment: seconds, not minutes; with and without gradient, masks, in two batch sizes
            torch._dynamo.config.recompile_limit = 32
            self.block = torch.compile(block, dynamic=False)

    def load(self, flat):
        self.flat = flat

    def run(self, zh, zl, tokens, labels=None, train=False, q_weight=0.5, aux=0.0, ids=None):
        """Updates zh, zl in place; `ids` [n] are rows of the puzzle embedding, the first where there are none. Returns a dict of per-sample loss, q, pred, logits, aux and the flat gradient."""
        cfg = self.cfg
        flat = self.flat.detach().requires_grad_(train)
        masks = self.masks if train and aux > 0 else None
        ids = torch.zeros(len(tokens), dtype=torch.int32, device=self.device) if ids is None else ids
        autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast)
        with torch.set_grad_enabled(train), autocast:
            h, l, total, aux_loss = zh, zl, 0, 0
            segments = cfg.train_segments if train else 1
            for later in reversed(range(segments)):  # how many follow
                grad_l = max(0, cfg.grad_l - later * cfg.h_cycles * cfg.l_cycles) if train else 0
                h, l, logits, q, drawn = segment(cfg, views(cfg, flat), h, l, tokens, ids, self.tables, grad_l, masks, self.block)
                logits, q = logits.float(), q.float()
                out = dict(q=q.detach(), pred=logits.argmax(-1), logits=logits.detach())
                if labels is None:
                    continue
                loss = F.cross_entropy(logits.transpose(1, 2), labels.long(), reduction="none").mean(1)
                exact = (out["pred"] == labels).all(1)
                out["loss"] = loss.detach()
                q_loss = F.binary_cross_entropy_with_logits(q[:, 0], exact.float(), reduction="none")
                total = total + (loss + q_weight * q_loss).mean() / segments
                if drawn is not None:
                    aux_loss = aux_loss + drawn.detach()
                    total = total + aux * drawn.mean()
            if masks is not None:
                out["aux"] = aux_loss
        if train:
            total.backward()
            out["grad"] = flat.grad
        zh.copy_(h.detach()), zl.copy_(l.detach())
        return out
