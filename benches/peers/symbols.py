"""The equivariant SE-RRM in PyTorch, written from the paper's mathematics: one segment. A state is [B, V, T, D]."""
import math

import torch
import torch.nn.functional as F
from torch import nn

from model import SwiGLU, attend, rms, rotate


class Attention(nn.Module):
    """Over the last but one axis."""

    def __init__(self, weights, prefix, heads):
        super().__init__()
        self.qkv = nn.Parameter(weights[prefix + "qkv_proj.weight"])
        self.o = nn.Parameter(weights[prefix + "o_proj.weight"])
        self.heads = heads

    def forward(self, x, rope):
        B, R, T, _ = x.shape
        q, k, v = F.linear(x, self.qkv).view(B, R, T, 3, self.heads, -1).permute(3, 0, 1, 4, 2, 5).unbind(0)
        if rope is not None:
            q, k = rotate(q, *rope), rotate(k, *rope)
        y = attend(q, k, v)
        return F.linear(y.transpose(2, 3).reshape(B, R, T, -1), self.o)


class Block(nn.Module):
    def __init__(self, weights, prefix, config):
        super().__init__()
        self.eps = config["rms_norm_eps"]
        self.cells = Attention(weights, prefix + "attn.", config["num_heads"])
        self.symbols = Attention(weights, prefix + "attn_t.", config["num_heads_t"])
        self.mlp = SwiGLU(weights, prefix + "mlp.")

    def forward(self, z, rope):
        z = rms(z + self.cells(z, rope), self.eps).transpose(1, 2)
        z = rms(z + self.symbols(z, None), self.eps).transpose(1, 2)
        return rms(z + self.mlp(z), self.eps)


class Segment(nn.Module):
    """(z_H, unused, x) -> (z_H, unused, logits, q, predictions)."""

    def __init__(self, config, weights):
        super().__init__()
        assert config["equivariant_symbols"] and config["pos_encodings"] == "rope2d"
        self.config = config
        self.blocks = nn.ModuleList(Block(weights, f"L_level.layers.{i}.", config) for i in range(config["L_layers"]))
        self.head = nn.Parameter(weights["lm_head.weight"])
        S, d = config["seq_len"], config["head_dim"]
        side, quarter = math.isqrt(S), d // 4
        inv = 1.0 / config["rope_theta"] ** (torch.arange(0, quarter, dtype=torch.float32) * 4 / d)
        cell = torch.arange(S, dtype=torch.float32)
        angle = torch.cat([torch.outer(cell // side, inv), torch.outer(cell % side, inv)], 1)
        angle = F.pad(angle, (0, 0, 0, config["add_tokens"]))  # what is added is not turned
        self.register_buffer("cos", torch.cat([angle, angle], 1).cos())
        self.register_buffer("sin", torch.cat([angle, angle], 1).sin())

    def forward(self, z, unused, x):
        for _ in range(self.config["H_cycles"] * self.config["L_cycles"]):
            z = z + x
            for block in self.blocks:
                z = block(z, (self.cos, self.sin))
        logits = F.linear(z[:, :, :self.config["seq_len"]], self.head)[..., 0].transpose(1, 2)
        sure = logits.float().softmax(-1).amax(-1).amin(-1)
        return z, unused, logits, torch.stack([sure, torch.zeros_like(sure)], 1), logits.argmax(-1)


class Start:
    """What a puzzle begins with: embedding and first carry."""

    def __init__(self, config, weights):
        self.config, self.weights = config, weights

    def __call__(self, tokens):
        config, weights = self.config, self.weights
        V, dtype = config["vocab_size"], getattr(torch, config["forward_dtype"])
        scale = torch.tensor(float(V)).sqrt().to(dtype).float()
        of_all = lambda special, common: torch.cat([weights[special][0], weights[common][0].expand(V - 2, -1, -1)])
        e = of_all("embed_special_tokens", "embed_symbol_tokens")  # [V, 1, D]
        marks = F.one_hot(tokens.long(), V).transpose(1, 2)[..., None]
        x = marks * scale * e
        if config["add_tokens"]:
            added = of_all("add_tokens_special", "add_tokens")
            x = torch.cat([x, added.expand(len(tokens), *added.shape)], 2)
        return weights["Z_init"].expand_as(x).contiguous(), torch.zeros(len(tokens), 1), x
