"""Parity by hand: PyTorch against golden vectors of the official code, the engine against PyTorch (outputs, gradients), speed.
usage: check.py [GOLDEN_FOLDER …]   each with config.yaml, dataset.json, checkpoint.pt or model.safetensors, io.safetensors
Gradients and speed are those of every task (tasks/)."""
import json, os, sys, time
import torch
from engine_backend import EngineBackend
from folder import load_safetensors
from hrm import Config, TorchBackend, initialise, views
from tasks import TASKS

torch.set_num_threads(2)


def rel(a, b):
    return ((a - b).norm() / b.norm().clamp_min(1e-30)).item()


def golden(folder):
    lines = (line.strip().partition(": ") for line in open(os.path.join(folder, "config.yaml")))
    arch = {k: v for k, _, v in lines}
    meta = json.load(open(os.path.join(folder, "dataset.json")))
    cfg = Config(int(arch["hidden_size"]), int(arch["num_heads"]), float(arch["expansion"]), int(arch["H_layers"]), int(arch["L_layers"]),
                 int(arch["H_cycles"]), int(arch["L_cycles"]), arch["pos_encodings"], meta["vocab_size"], meta["seq_len"])
    file = os.path.join(folder, "model.safetensors")
    t = load_safetensors(file)[0] if os.path.exists(file) else torch.load(os.path.join(folder, "checkpoint.pt"), weights_only=True)
    t = {k.replace("_orig_mod.", "").replace("model.inner.", ""): v.float() for k, v in t.items()}
    io, _ = load_safetensors(os.path.join(folder, "io.safetensors"))
    for i, row in enumerate(io["puzzle_identifiers"].long()):  # one sample at a time: each has its own puzzle row
        one = dict(t, **{"puzzle_emb.weights": t["puzzle_emb.weights"][row:row + 1]})
        flat = torch.cat([one[n].reshape(-1) for n, _ in cfg.layout()])
        for name, backend in (("torch", TorchBackend(cfg)), ("engine", EngineBackend(cfg))):
            backend.load(flat)
            zh, zl = (t[k].repeat(1, cfg.positions, 1).contiguous() for k in ("H_init", "L_init"))
            errors, more = [], {"logits": True} if name == "engine" else {}
            for s in (1, 2):
                out = backend.run(zh, zl, io["inputs"][i:i + 1].contiguous(), **more)
                errors.append(rel(out["logits"], io[f"seg{s}.logits"][i:i + 1]))
            print(f"{os.path.basename(os.path.normpath(folder))} sample {i} {name}: relative L2 of the logits in segments 1, 2: {errors[0]:.1e}, {errors[1]:.1e}")


def gradients(task, pos, grad_l):
    cfg = Config(pos=pos, vocab=task.vocab_size, seq_len=task.cells, grad_l=grad_l, h_cycles=2)
    flat, init = initialise(cfg, 1, task.positions)
    w = views(cfg, flat)
    w["q_head.weight"][0].normal_(0, 0.1), w["q_head.bias"][:1].zero_()
    g = torch.Generator().manual_seed(2)
    B = 6
    answers = torch.randint(1, task.vocab_size, (B, task.cells), generator=g, dtype=torch.int32)
    questions = torch.where(torch.rand(B, task.cells, generator=g) < 0.5, answers, task.blank)
    masks = task.masks()
    outs = []
    for b in (TorchBackend(cfg, masks=masks), TorchBackend(cfg, autocast=True, masks=masks), EngineBackend(cfg, masks=masks)):
        b.load(flat)
        zh, zl = (init[k].repeat(B, cfg.positions, 1).contiguous() for k in (0, 1))
        zh += 0.3 * torch.randn(zh.shape, generator=torch.Generator().manual_seed(3))
        o = b.run(zh, zl, questions, answers, True, 0.5, 0.3)
        outs.append((o, {k: v.clone() for k, v in views(cfg, o["grad"]).items()}, zh, zl))
    (a, ga, zha, zla), (c, gc, _, _), (b, gb, zhb, zlb) = outs
    print(f"{task.name} {pos} grad_l={grad_l}: loss {a['loss'].mean():.5f} f32, {c['loss'].mean():.5f} autocast, {b['loss'].mean():.5f} engine; "
          f"aux {a['aux'].mean():.5f} {b['aux'].mean():.5f}; z_H {rel(zhb, zha):.1e}, z_L {rel(zlb, zla):.1e}, q {(a['q'] - b['q']).abs().max():.1e}")
    for name in ga:
        print(f"  {name:45s} |g| {ga[name].norm():.2e}  relative error: engine {rel(gb[name], ga[name]):.1e}, PyTorch autocast {rel(gc[name], ga[name]):.1e}")


def speed(task, h_cycles):
    cfg = Config(vocab=task.vocab_size, seq_len=task.cells, h_cycles=h_cycles)
    flat, init = initialise(cfg, 1, task.positions)
    B = max(2, 10000 // cfg.positions // 2 * 2)
    answers = torch.randint(1, task.vocab_size, (B, task.cells), dtype=torch.int32)
    zh, zl = (init[k].repeat(B, cfg.positions, 1).contiguous() for k in (0, 1))
    engine = EngineBackend(cfg)
    engine.load(flat)
    for train in (False, True):
        engine.run(zh, zl, answers, answers, train)
        wall, cpu = time.time(), time.process_time()
        for _ in range(5):
            engine.run(zh, zl, answers, answers, train)
        print(f"{task.name}, h_cycles {h_cycles}, train {train}: {5 * B / (time.time() - wall):.0f} segments/s, {5 * B / (time.process_time() - cpu):.0f} per second of one core")


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        golden(folder)
    for task in (make() for make in TASKS.values()):
        for pos, grad_l in [("rope", 1)] + [("learned", n) for n in (1, 2, 3, 4, 7, 8)]:
            gradients(task, pos, grad_l)
        speed(task, 2), speed(task, 4)
