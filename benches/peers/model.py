"""HRM, TRM, EqR and URM in PyTorch, written from the papers' mathematics: one segment, from a model folder of `hrm`."""
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn


# PyTorch before 2.4 and 2.0, as Debian has it, lacks what is one call since.
if hasattr(F, "rms_norm"):
    def rms(x, eps):
        return F.rms_norm(x, x.shape[-1:], eps=eps)
else:
    def rms(x, eps):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)

if hasattr(F, "scaled_dot_product_attention"):
    attend = F.scaled_dot_product_attention
else:
    def attend(q, k, v):
        return torch.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]), -1) @ v


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return (x * cos + torch.cat([-b, a], -1) * sin).to(x.dtype)


class SwiGLU(nn.Module):
    """With a convolution over the position before and the own one, where there are weights for it."""

    def __init__(self, weights, prefix):
        super().__init__()
        self.gate_up = nn.Parameter(weights[prefix + "gate_up_proj.weight"])
        self.down = nn.Parameter(weights[prefix + "down_proj.weight"])
        self.convolved = prefix + "dwconv.weight" in weights
        if self.convolved:
            self.before, self.own = (nn.Parameter(tap.contiguous()) for tap in weights[prefix + "dwconv.weight"][:, 0].T)
            self.bias = nn.Parameter(weights[prefix + "dwconv.bias"])

    def forward(self, x):
        gate, up = F.linear(x, self.gate_up).chunk(2, -1)
        inner = F.silu(gate) * up
        if self.convolved:
            inner = F.silu(F.pad(inner, (0, 0, 1, 0))[:, :-1] * self.before + inner * self.own + self.bias)
        return F.linear(inner, self.down)


class Attention(nn.Module):
    """Not causal, no mask; rotary positions where tables are given."""

    def __init__(self, weights, prefix, heads):
        super().__init__()
        self.qkv = nn.Parameter(weights[prefix + "qkv_proj.weight"])
        self.o = nn.Parameter(weights[prefix + "o_proj.weight"])
        self.heads = heads

    def forward(self, x, rope):
        B, T, D = x.shape
        q, k, v = F.linear(x, self.qkv).view(B, T, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if rope is not None:
            q, k = rotate(q, *rope), rotate(k, *rope)
        y = attend(q, k, v)
        return F.linear(y.transpose(1, 2).reshape(B, T, D), self.o)


class Block(nn.Module):
    """Post-norm: the sum is normed, and the norm has no weight."""

    def __init__(self, weights, prefix, config):
        super().__init__()
        self.eps, self.mlp_t = config["rms_norm_eps"], config.get("mlp_t", False)
        self.mix = (SwiGLU(weights, prefix + "mlp_t.") if self.mlp_t
                    else Attention(weights, prefix + "self_attn.", config["num_heads"]))
        self.mlp = SwiGLU(weights, prefix + "mlp.")

    def forward(self, h, rope):
        if self.mlp_t:  # over positions instead of channels
            u = h.transpose(1, 2)
            h = rms(u + self.mix(u), self.eps).transpose(1, 2)
        else:
            h = rms(h + self.mix(h, rope), self.eps)
        return rms(h + self.mlp(h), self.eps)


class Segment(nn.Module):
    """(z_H, z_L, x) -> (z_H, z_L, logits, q, predictions); x is the embedded puzzle, constant over all segments."""

    def __init__(self, config, weights):
        super().__init__()
        self.config = config
        self.prefix = prefix_length(config)
        stack = lambda level, n: nn.ModuleList(Block(weights, f"{level}layers.{i}.", config) for i in range(n))
        self.single = config["family"] == "urm"
        self.L = stack("", config["num_layers"]) if self.single else stack("L_level.", config["L_layers"])
        self.H = stack("H_level.", config["H_layers"]) if config["family"] == "hrm" else self.L
        self.damping = config.get("lambda_", 1.0)
        self.head = nn.Parameter(weights["lm_head.weight"])
        self.q_weight = nn.Parameter(weights["q_head.weight"])
        self.q_bias = nn.Parameter(weights["q_head.bias"])
        self.rope = config.get("pos_encodings", "rope") == "rope" and not config.get("mlp_t", False)
        if self.rope:
            d = config["hidden_size"] // config["num_heads"]
            inv = 1.0 / config["rope_theta"] ** (torch.arange(0, d, 2, dtype=torch.float32) / d)
            angle = torch.outer(torch.arange(self.prefix + config["seq_len"], dtype=torch.float32), inv)
            self.register_buffer("cos", torch.cat([angle, angle], 1).cos())
            self.register_buffer("sin", torch.cat([angle, angle], 1).sin())

    def level(self, blocks, state, injected):
        rope, s = (self.cos, self.sin) if self.rope else None, state + injected
        for block in blocks:
            s = block(s, rope)
        return s if self.damping == 1 else (1 - self.damping) * state + self.damping * s

    def forward(self, z_h, z_l, x):
        for _ in range(self.config["H_cycles"]):
            for _ in range(self.config["L_cycles"]):
                if self.single:
                    z_h = self.level(self.L, z_h, x)
                else:
                    z_l = self.level(self.L, z_l, z_h + x)
            if not self.single:
                z_h = self.level(self.H, z_h, z_l)
        logits = F.linear(z_h[:, self.prefix:], self.head)
        q = F.linear(z_h[:, 0], self.q_weight, self.q_bias)
        return z_h, z_l, logits, q, logits.argmax(-1)


def prefix_length(config):
    ndim, hidden = config["puzzle_emb_ndim"], config["hidden_size"]
    if ndim == 0:
        return 0
    length = config.get("puzzle_emb_len")
    default = 16 if config["family"] == "trm" else 0
    return (config["family"] in ("trm", "eqr") and (default if length is None else length)) or math.ceil(ndim / hidden)


class Start:
    """What a puzzle begins with: embedding and first carry."""

    def __init__(self, config, weights):
        self.config, self.weights = config, weights

    def __call__(self, tokens):
        config, weights = self.config, self.weights
        B, D, P = len(tokens), config["hidden_size"], prefix_length(config)
        e = weights["embed_tokens.embedding_weight"][tokens.long()]
        if P:
            row = weights["puzzle_emb.weights"][0]
            prefix = F.pad(row, (0, P * D - len(row))).view(1, P, D)
            e = torch.cat([prefix.expand(B, P, D), e], 1)
        if config.get("pos_encodings") == "learned":
            e = 0.707106781 * (e + weights["embed_pos.embedding_weight"])
        carry = lambda name: weights[name].expand(B, e.shape[1], D).contiguous()
        if config["family"] == "eqr":  # random, and here of no width
            assert config["H_init_std"] == config["L_init_std"] == 0
            inits = torch.zeros_like(e), torch.zeros_like(e)
        elif config["family"] == "urm":
            inits = carry("init_hidden"), torch.zeros(B, 1)
        else:
            inits = carry("H_init"), carry("L_init")
        return *inits, math.sqrt(D) * e


def load(folder):
    """Segment and Start of a model folder, in f32."""
    config = json.loads((Path(folder) / "config.json").read_text())
    weights = {name: tensor.float() for name, tensor in load_file(Path(folder) / "model.safetensors").items()}
    if config["family"] == "serrm":
        import symbols
        return symbols.Segment(config, weights).eval(), symbols.Start(config, weights)
    return Segment(config, weights).eval(), Start(config, weights)
