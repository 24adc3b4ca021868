"""Trains a small HRM on a task (tasks/). On the CPU with the engine (engine/), on a GPU with --device cuda (PyTorch, bf16 autocast).
Progress, and with it learning rate and curriculum, follows the clock (--minutes): a run ends when it should on any machine."""
import argparse, csv, os, signal, time
import numpy as np
import torch
import torch.nn.functional as F
from carries import Carries
from engine_backend import EngineBackend
from folder import export, import_folder, load_checkpoint, save_checkpoint
from hrm import Config, TorchBackend, initialise
from optimiser import Optimiser
from tasks import TASKS

# By stage: learning rate as a share of --lr (its square root for AdamW), segment limit, weight of the attention loss;
# linear between points of the progress. `scratch` is for random weights, `grown` for those of
# a smaller board (grow.py), `further` for those that can solve already.
STAGES = {
    "scratch": dict(rate=[(0, 1), (0.08, 0.6), (0.2, 0.12), (0.8, 0.07), (1, 0)], limit=[(0, 5), (0.02, 6), (0.06, 8), (0.2, 10), (0.4, 16)],
                    aux=[(0, 0.05), (0.1, 0.02), (0.6, 0)]),
    "grown": dict(rate=[(0, 1), (0.06, 1), (0.2, 0.25), (0.8, 0.12), (1, 0)], limit=[(0, 5), (0.02, 6), (0.06, 8), (0.2, 10), (0.4, 16)],
                  aux=[(0, 0.05), (0.2, 0.02), (0.6, 0)]),
    "further": dict(rate=[(0, 1), (0.3, 0.9), (1, 0)], limit=[(0, 16)], aux=[(0, 0)]),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    arg = parser.add_argument
    arg("--task", required=True, choices=TASKS)
    arg("--side", type=int, help="rows, and columns, of the boards; the official number without it")
    arg("--pool", nargs="+", required=True, help="data files of the task; they may grow while training")
    arg("--validation", nargs="+", required=True, help="data files with another seed")
    arg("--out", required=True, help="folder of log.csv and checkpoint.safetensors")
    arg("--minutes", type=float, default=75)
    arg("--steps", type=int, default=0, help="stop after this many steps (tests)")
    arg("--resume", action="store_true", help="go on from the checkpoint in --out, if there is one")
    arg("--start", help="checkpoint whose EMA and momentum, or model folder whose weights, to start from; --stage further")
    arg("--stage", default="scratch", choices=STAGES)
    arg("--device", default="engine", help="engine, cpu or cuda")
    arg("--compile", action="store_true")
    arg("--threads", type=int, default=2)
    arg("--seed", type=int, default=1)
    arg("--batch", type=int, default=128, help="samples per step")
    arg("--blocks", type=int, default=64, help="batches of live carries that take turns: keeps a sample's visits far apart")
    arg("--hidden", type=int, default=128)
    arg("--heads", type=int, default=4)
    arg("--expansion", type=float, default=3.0)
    arg("--layers", type=int, default=2)
    arg("--h-cycles", type=int, default=4)
    arg("--l-cycles", type=int, default=2)
    arg("--pos", default="learned", choices=["rope", "learned"])
    arg("--grad-l", type=int, default=2, help="L steps that are differentiated; more than a segment has: several segments a training step")
    arg("--lr", type=float, default=0.01, help="Muon, for the matrices")
    arg("--momentum", type=float, default=0.95, help="of Muon")
    arg("--adam-lr", type=float, default=1e-3, help="AdamW, for embeddings and heads")
    arg("--weight-decay", type=float, default=0.1)
    arg("--warmup", type=int, default=200, help="steps")
    arg("--ema", type=float, default=0.999)
    arg("--leave", type=float, default=0.4, help="chance per segment that a solved, confident sample is replaced")
    arg("--stay", type=float, default=0.05, help="share of samples that stay until a limit 8 segments further, solved or not")
    arg("--q-weight", type=float, default=0.5)
    arg("--eval-minutes", type=float, default=5)
    arg("--eval-count", type=int, default=64, help="samples per test set")
    a = parser.parse_args()
    if a.stage not in TASKS[a.task].curriculum:
        parser.error(f"expected a stage of {', '.join(TASKS[a.task].curriculum)} for {a.task}, found {a.stage}")
    return a


def curve(points, x, column=1):
    return float(np.interp(x, [p[0] for p in points], [p[column] for p in points]))


class Training:
    def __init__(self, a):
        self.a, self.task, stage = a, TASKS[a.task](a.side), STAGES[a.stage]
        self.rate, self.limit, self.aux, self.curriculum = stage["rate"], stage["limit"], stage["aux"], self.task.curriculum[a.stage]
        os.makedirs(a.out, exist_ok=True)
        self.path = os.path.join(a.out, "checkpoint.safetensors")
        self.cfg = Config(a.hidden, a.heads, a.expansion, a.layers, a.layers, a.h_cycles, a.l_cycles, a.pos,
                          self.task.vocab_size, self.task.cells, grad_l=a.grad_l, puzzles=len(self.task.puzzles))
        self.flat, self.init = initialise(self.cfg, a.seed, self.task.positions)
        self.step, self.before, self.start, self.warm, saved = 0, 0.0, time.time(), a.warmup, None
        if a.resume and os.path.exists(self.path):
            self.cfg, name, saved, state = load_checkpoint(self.path)
            assert (name, self.cfg.seq_len) == (a.task, self.task.cells), f"{self.path} is of the task {name}, {self.cfg.seq_len} cells"
            self.step, self.before = state["step"], state["elapsed"]
        elif a.start and os.path.isdir(a.start):
            _, _, flat, init = import_folder(a.start)
            self.flat.copy_(flat), self.init.copy_(init)
        elif a.start:
            saved = load_checkpoint(a.start)[2]
            saved["flat"] = saved["ema"].clone()
        masks = self.task.masks()
        self.backend = EngineBackend(self.cfg, a.threads, masks=masks) if a.device == "engine" else TorchBackend(self.cfg, a.device, a.compile, masks=masks)
        device = self.backend.device
        if saved:
            self.flat, self.init = saved["flat"], saved["init"].float()
        self.flat, self.init = self.flat.to(device), self.init.to(device)
        self.opt = Optimiser(self.cfg, self.flat, a.momentum, a.weight_decay, a.ema)
        if saved:
            self.opt.ema.copy_(saved["ema"]), self.opt.momentum.copy_(saved["momentum"])
            for mine, name in ((self.opt.m, "m"), (self.opt.v, "v")):
                if name in saved:
                    self.opt.set_rest(mine, saved[name].float().to(device))
            self.warm = self.step + a.warmup if "m" not in saved else a.warmup  # a compact checkpoint: warm up again
        self.pool = self.task.pool(a.pool, a.seed + self.step)
        self.check_sets = self.task.check_sets(a.validation, a.eval_count)
        self.carries = Carries(self.cfg, a.batch, a.blocks, self.init, device)
        if a.resume:
            self.carries.restore(self.path + ".carries")

    def elapsed(self):
        return self.before + time.time() - self.start

    def progress(self):
        return min(1.0, self.elapsed() / (60 * self.a.minutes))

    def save(self):
        save_checkpoint(self.path, self.cfg, self.a.task, self.opt, self.init, step=self.step, elapsed=self.elapsed())

    def evaluate(self):
        """Exact-solve rates in % of the EMA weights after `halt_max_steps` segments."""
        self.backend.load(self.opt.ema)
        rates, device = [], self.backend.device
        for puzzles in self.check_sets.values():
            questions, answers, ids = (torch.from_numpy(v).to(device) for v in puzzles)
            h, l = (self.init[k].repeat(len(questions), self.cfg.positions, 1).contiguous() for k in (0, 1))
            for _ in range(self.cfg.halt_max_steps):
                out = self.backend.run(h, l, questions, ids=ids)
            rates.append(100 * self.task.right(questions, answers, out["pred"]).float().mean().item())
        self.backend.load(self.flat)
        return rates

    def one_step(self):
        """Refills, runs and learns from one batch; returns what the log adds up."""
        a, rng, progress = self.a, self.pool.rng, self.progress()
        block = self.carries.turn(self.step)
        new = np.flatnonzero(block.done)
        if len(new):
            shares = np.array([curve(self.curriculum, progress, 1 + k) for k in range(len(self.task.levels))])
            shares[[self.task.levels.index(level) for level in self.pool.missing()]] = 0
            levels = rng.choice(len(shares), len(new), p=shares / shares.sum())
            puzzles = self.pool.sample([self.task.levels[k] for k in levels])
            self.carries.refill(block, new, puzzles, levels, round(curve(self.limit, progress)), a.stay, rng)
        rate = min(1, max(1, a.warmup - self.warm + self.step + 1) / a.warmup) * curve(self.rate, progress)
        aux = curve(self.aux, progress)
        self.backend.load(self.flat)
        out = self.backend.run(block.zh, block.zl, block.questions, block.answers, True, a.q_weight, aux, block.ids)
        self.step += 1
        with torch.no_grad():
            self.opt.step(out["grad"], self.step, a.lr * rate, a.adam_lr * rate ** 0.5)
            exact = self.task.right(block.questions, block.answers, out["pred"])
            cells = (out["pred"] == block.answers).float().mean()
            q = out["q"][:, 0]
            q_loss = F.binary_cross_entropy_with_logits(q, exact.float())
            means = [out["loss"].mean(), q_loss, out["aux"].mean() if aux else q_loss * 0, cells, exact.float().mean()]
            block.answers = torch.where(exact[:, None], out["pred"].int(), block.answers)
            seen = torch.cat([torch.stack(means), exact.float(), (exact & (q > 0)).float()]).cpu().numpy()  # one wait for the device
        values, exact, sure = seen[:5], seen[5:5 + a.batch] > 0, seen[5 + a.batch:] > 0
        block.segments += self.cfg.train_segments
        # A solved sample usually leaves soon; some stay, so that solved states are kept stable.
        block.done = (block.segments >= block.limit) | (sure & ~block.stays & (rng.random(a.batch) < a.leave))
        return a.lr * rate, values, block.levels[block.done], exact[block.done], block.segments[block.done]

    def run(self):
        a, levels = self.a, self.task.levels
        print(f"{self.cfg.count() + 2 * self.cfg.hidden:,} parameters, {self.pool.describe()}, {a.device}", flush=True)
        log = open(os.path.join(a.out, "log.csv"), "a", newline="")
        writer = csv.writer(log)
        if log.tell() == 0:
            names = "minutes step lr loss q_loss aux cell_accuracy exact segments_per_s".split()
            writer.writerow(names + [f"solved_{level}" for level in levels] + ["segments_per_sample", "ema_distance"] + [f"eval {n}" for n in self.check_sets])
        stop, compiling = [], True
        signal.signal(signal.SIGTERM, lambda *_: stop.append(1))  # save, with the live carries, and leave
        sums, solved, count, spent, n, last = np.zeros(5), np.zeros(len(levels)), np.zeros(len(levels)), 0, 0, time.time()
        next_eval, next_save = self.elapsed() + 60 * a.eval_minutes, self.elapsed() + 120
        while self.progress() < 1 and not (a.steps and self.step >= a.steps) and not stop:
            lr, values, ended, exact, segments = self.one_step()
            if compiling:  # the first step compiles, which the clock of the schedules does not count
                compiling, self.start, last = False, time.time(), time.time()
            sums += values
            np.add.at(solved, ended, exact), np.add.at(count, ended, 1)
            spent += segments.sum()
            n += 1
            if n < 50 and time.time() - last < 120:
                continue
            speed, rates = n * a.batch * self.cfg.train_segments / (time.time() - last), []
            if self.elapsed() > next_eval:
                rates, next_eval = self.evaluate(), self.elapsed() + 60 * a.eval_minutes
            per = [f"{100 * s / c:.1f}" if c else "" for s, c in zip(solved, count)]
            away = ((self.flat - self.opt.ema).norm() / self.opt.ema.norm()).item()
            row = [f"{self.elapsed() / 60:.2f}", self.step, f"{lr:.5f}"] + [f"{v:.4f}" for v in sums / n] + [f"{speed:.0f}"] + per
            row += [f"{spent / max(1, count.sum()):.2f}", f"{away:.4f}"] + [f"{v:.1f}" for v in rates]
            writer.writerow(row), log.flush()
            print(*row, flush=True)
            sums[:], solved[:], count[:], spent, n, last = 0, 0, 0, 0, 0, time.time()
            if self.elapsed() > next_save:
                self.save(), self.pool.refresh()
                next_save = self.elapsed() + 120
        self.save()
        if stop:
            return self.carries.keep(self.path + ".carries")
        print("final", dict(zip(self.check_sets, self.evaluate())))
        export(self.cfg, a.task, self.opt.ema, self.init, os.path.join(a.out, "model"), puzzles=self.task.puzzles)


if __name__ == "__main__":
    arguments_ = arguments()
    torch.manual_seed(arguments_.seed)
    torch.set_num_threads(arguments_.threads)
    Training(arguments_).run()
