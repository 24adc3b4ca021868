"""Files: safetensors, the model folder, and the checkpoint (4 bytes a weight each for the raw weights and their EMA, 2 for momentum)."""
import dataclasses, json, os, struct
import torch
from hrm import Config, views

KINDS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I32": torch.int32, "I64": torch.int64}


def write_whole(path, data):
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.replace(path + ".new", path)


def save_safetensors(path, tensors, metadata=None):
    names = {v: k for k, v in KINDS.items()}
    head, blobs, at = {"__metadata__": metadata} if metadata else {}, [], 0
    for name, t in tensors.items():
        raw = t.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes()
        head[name] = {"dtype": names[t.dtype], "shape": list(t.shape), "data_offsets": [at, at + len(raw)]}
        blobs.append(raw)
        at += len(raw)
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    write_whole(path, struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load_safetensors(path):
    """Tensors by name, and the metadata."""
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    head, out = json.loads(raw[8:8 + n]), {}
    metadata = head.pop("__metadata__", {})
    for name, v in head.items():
        a, b = v["data_offsets"]
        kind, shape = KINDS[v["dtype"]], v["shape"]
        data = bytearray(raw[8 + n + a:8 + n + b])
        out[name] = torch.frombuffer(data, dtype=kind).view(shape) if b > a else torch.zeros(shape, dtype=kind)
    return out, metadata


def model_config(cfg, task, **more):
    return dict(family="hrm", H_cycles=cfg.h_cycles, L_cycles=cfg.l_cycles, H_layers=cfg.h_layers, L_layers=cfg.l_layers,
                hidden_size=cfg.hidden, num_heads=cfg.heads, expansion=cfg.expansion, pos_encodings=cfg.pos, rope_theta=10000.0,
                rms_norm_eps=1e-5, puzzle_emb_ndim=cfg.hidden, halt_max_steps=cfg.halt_max_steps, forward_dtype="float32",
                seq_len=cfg.seq_len, vocab_size=cfg.vocab, num_puzzle_identifiers=cfg.puzzles, task=task,
                loss_type="softmax_cross_entropy", **more)


def export(cfg, task, flat, init, folder, dtype=torch.float16, puzzles=(), **more):
    """Writes a model folder; `puzzles` are the names of what the puzzle embedding has rows for, where there are several."""
    os.makedirs(folder, exist_ok=True)
    tensors = {"H_init": init[0], "L_init": init[1], **views(cfg, flat)}
    save_safetensors(os.path.join(folder, "model.safetensors"), {k: v.to(dtype) for k, v in tensors.items()})
    if len(puzzles) > 1:
        write_whole(os.path.join(folder, "identifiers.json"), (json.dumps(puzzles, indent=1) + "\n").encode())
    text = json.dumps(model_config(cfg, task, **more), indent=1) + "\n"
    write_whole(os.path.join(folder, "config.json"), text.encode())


def import_folder(folder):
    """Configuration, task, flat parameters and initial states of a model folder."""
    c = json.load(open(os.path.join(folder, "config.json")))
    cfg = Config(c["hidden_size"], c["num_heads"], c["expansion"], c["H_layers"], c["L_layers"], c["H_cycles"], c["L_cycles"],
                 c["pos_encodings"], c["vocab_size"], c["seq_len"], c["halt_max_steps"], puzzles=c["num_puzzle_identifiers"])
    t, _ = load_safetensors(os.path.join(folder, "model.safetensors"))
    flat = torch.cat([t[n].float().reshape(-1) for n, _ in cfg.layout()])
    return cfg, c["task"], flat, torch.stack([t["H_init"].float(), t["L_init"].float()])


def save_checkpoint(path, cfg, task, opt, init, **state):
    tensors = dict(flat=opt.flat, ema=opt.ema, init=init, momentum=opt.momentum.bfloat16(), m=opt.rest_of(opt.m).bfloat16(), v=opt.rest_of(opt.v))
    write_checkpoint(path, cfg, task, tensors, state)


def write_checkpoint(path, cfg, task, tensors, state):
    save_safetensors(path, tensors, {"config": json.dumps(dataclasses.asdict(cfg)), "task": task, "state": json.dumps(state)})


def load_checkpoint(path):
    """Configuration, task, tensors, and what else was saved. What a compact checkpoint leaves out is zero: it is the memory of a few
    dozen steps."""
    tensors, meta = load_safetensors(path)
    cfg = Config(**json.loads(meta["config"]))
    for name in ("flat", "ema"):
        tensors[name] = tensors[name].float()
    tensors.setdefault("momentum", torch.zeros_like(tensors["flat"]))
    return cfg, meta["task"], tensors, json.loads(meta["state"])


def compact(path, out):
    """The same checkpoint in 4 bytes a weight instead of 10, for keeping: raw weights and EMA in f16, no optimiser state."""
    cfg, task, tensors, state = load_checkpoint(path)
    write_checkpoint(out, cfg, task, dict(flat=tensors["flat"].half(), ema=tensors["ema"].half(), init=tensors["init"]), state)
