"""ARC at the published sizes, with random weights: what `hrm eval` says against a computation of its own.

    python tests/arc_full_size.py target/release/hrm trm   # T = 916, 16 places before the board
    python tests/arc_full_size.py target/release/hrm hrm   # T = 901
    python tests/arc_full_size.py target/release/hrm hrm few   # two samples, not six

Writes a checkpoint in the official form with its whole table of identifiers (about 2 GB on disk) and a small data set as the
official builders do; computes predictions in f64 with torch, crops, undoes, votes and makes the submission here, from the
specification; and compares. Prints time and largest memory of the command. Needs torch, 6 GB of memory and some minutes; no
part of the checks that run by themselves: the same path runs there with tiny models (crates/cli/tests/cli/arc.rs).
"""
import itertools, json, math, subprocess, sys, tempfile, time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

D, HEADS, INNER, V, S, EPS = 512, 8, 1536, 12, 900, 1e-5
SEGMENTS = 2
FORMS = {
    "trm": dict(prefix=16, h_cycles=3, l_cycles=4, layers=[("L_level", 2)], rows=876_406, mark="|||"),
    "hrm": dict(prefix=1, h_cycles=2, l_cycles=2, layers=[("H_level", 4), ("L_level", 4)], rows=1_045_829, mark="_"),
}


# ---- the network (specification, sections 3 to 5)

def weights(form):
    torch.manual_seed(7)
    def matrix(out, inputs, scale=1.0):
        return torch.nn.init.trunc_normal_(torch.empty(out, inputs), std=1.0, a=-2, b=2) * (scale / math.sqrt(inputs))
    # Damped as the golden cases are: the plain initial values make the recurrence chaotic.
    state = {
        "H_init": torch.randn(D).bfloat16(), "L_init": torch.randn(D).bfloat16(),
        "embed_tokens.embedding_weight": matrix(V, D, 2.0), "lm_head.weight": matrix(V, D, 2.0),
        "q_head.weight": matrix(2, D), "q_head.bias": torch.randn(2),
        "puzzle_emb.weights": torch.empty(form["rows"], D).normal_(std=D ** -0.5),
    }
    for level, count in form["layers"]:
        for i in range(count):
            name = f"{level}.layers.{i}."
            state[name + "self_attn.qkv_proj.weight"] = matrix(3 * D, D)
            state[name + "self_attn.o_proj.weight"] = matrix(D, D, 0.7)
            state[name + "mlp.gate_up_proj.weight"] = matrix(2 * INNER, D)
            state[name + "mlp.down_proj.weight"] = matrix(D, INNER, 0.6)
    return state


def rms(x):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS)


def block(w, x, cos, sin):
    tokens, width = x.shape[0], D // HEADS
    q, k, v = (part.view(tokens, HEADS, width).transpose(0, 1) for part in (x @ w["qkv"].T).split(D, -1))
    def turned(a):
        low, high = a[..., : width // 2], a[..., width // 2:]
        return torch.cat([low * cos - high * sin, high * cos + low * sin], -1)
    attended = torch.softmax(turned(q) @ turned(k).transpose(1, 2) / math.sqrt(width), -1) @ v
    x = rms(x + attended.transpose(0, 1).reshape(tokens, D) @ w["o"].T)
    gate, up = (x @ w["gate_up"].T).split(INNER, -1)
    return rms(x + (F.silu(gate) * up) @ w["down"].T)


class Network:
    def __init__(self, state, form):
        self.form, self.table = form, state["puzzle_emb.weights"]
        self.state = {name: value.double() for name, value in state.items() if name != "puzzle_emb.weights"}
        short = {"qkv": "self_attn.qkv_proj", "o": "self_attn.o_proj", "gate_up": "mlp.gate_up_proj", "down": "mlp.down_proj"}
        self.levels = {
            level: [{key: self.state[f"{level}.layers.{i}.{name}.weight"] for key, name in short.items()} for i in range(count)]
            for level, count in form["layers"]
        }
        places, half = torch.arange(form["prefix"] + S).double(), D // HEADS // 2
        angles = places[:, None] / 10000.0 ** (torch.arange(half).double() / half)
        self.cos, self.sin = angles.cos(), angles.sin()

    def level(self, name, x):
        for layer in self.levels.get(name, self.levels["L_level"]):
            x = block(layer, x, self.cos, self.sin)
        return x

    @torch.inference_mode()
    def run(self, tokens, identifier):
        """Predictions, the least margin of each, and q_halt after the last segment."""
        state, form = self.state, self.form
        prefix = torch.zeros(form["prefix"], D).double()
        prefix[0] = self.table[identifier].double()
        x = math.sqrt(D) * torch.cat([prefix, state["embed_tokens.embedding_weight"][torch.tensor(tokens)]])
        z_h, z_l = (state[name].expand_as(x) for name in ("H_init", "L_init"))
        for _ in range(SEGMENTS * form["h_cycles"]):
            for _ in range(form["l_cycles"]):
                z_l = self.level("L_level", z_l + z_h + x)
            z_h = self.level("H_level", z_h + z_l)
        logits = (z_h @ state["lm_head.weight"].T)[form["prefix"]:]
        best = logits.topk(2).values
        q = state["q_head.weight"] @ z_h[0] + state["q_head.bias"]
        return logits.argmax(-1).tolist(), (best[:, 0] - best[:, 1]).tolist(), q[0].item()


# ---- the task (specification, section 7)

def encode(grid):
    canvas = np.zeros((30, 30), dtype=int)
    rows, columns = grid.shape
    canvas[:rows, :columns] = grid + 2
    if rows < 30:
        canvas[rows, :columns] = 1
    if columns < 30:
        canvas[:rows, columns] = 1
    return canvas.reshape(-1).tolist()


def crop(tokens):
    canvas = np.array(tokens).reshape(30, 30)
    valid = (canvas >= 2) & (canvas <= 11)
    best, area, width = (0, 0), 0, 30
    for row in range(30):
        run = 30 if valid[row].all() else int(valid[row].argmin())
        width = min(width, run)
        if (row + 1) * width > area:
            best, area = (row + 1, width), (row + 1) * width
    return canvas[: best[0], : best[1]] - 2


DIHEDRAL = [
    lambda a: a, lambda a: np.rot90(a, 1), lambda a: np.rot90(a, 2), lambda a: np.rot90(a, 3),
    np.fliplr, np.flipud, np.transpose, lambda a: np.fliplr(np.rot90(a, 1)),
]
BACK = [0, 3, 2, 1, 4, 5, 6, 7]


def apply(form, grid):
    t, colours = form
    return DIHEDRAL[t](np.array(colours)[grid])


def undo(form, grid):
    t, colours = form
    return np.argsort(colours)[DIHEDRAL[BACK[t]](grid)]


def ranked(votes):
    groups = {}
    for grid, q in votes:
        count, total, _ = groups.get((grid.shape, grid.tobytes()), (0, 0.0, grid))
        groups[grid.shape, grid.tobytes()] = (count + 1, total + 1 / (1 + math.exp(-q)), grid)
    return [group[2] for group in sorted(groups.values(), key=lambda group: (-group[0], -group[1] / group[0]))]


def puzzles():
    generator = np.random.default_rng(3)
    grid = lambda rows, columns: generator.integers(0, 10, (rows, columns))
    form = lambda t: (t, [0, *generator.permutation(np.arange(1, 10)).tolist()])
    own = (0, list(range(10)))
    all_of_them = {"007bbfb7": ([own, form(3)], [grid(3, 7), grid(30, 30)]), "00d62c1b": ([own, form(6)], [grid(12, 5)])}
    return {"00d62c1b": all_of_them["00d62c1b"]} if "few" in sys.argv else all_of_them


# ---- the official files

def write(folder, family):
    form = FORMS[family]
    state = weights(form)
    run, data = folder / "run", folder / "data" / "test"
    run.mkdir(parents=True), data.mkdir(parents=True)
    torch.save({"_orig_mod.model.inner." + name: value for name, value in state.items()}, run / "step_723")
    name = {"trm": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1", "hrm": "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1"}[family]
    more = {"trm": "  mlp_t: false\n  no_ACT_continue: true\n  puzzle_emb_len: 16\n", "hrm": ""}[family]
    layers = dict(form["layers"])
    (run / "all_config.yaml").write_text(
        f"arch:\n  H_cycles: {form['h_cycles']}\n  H_layers: {layers.get('H_level', 0)}\n  L_cycles: {form['l_cycles']}\n  L_layers: {layers['L_level']}\n"
        f"  expansion: 4\n  halt_exploration_prob: 0.1\n  halt_max_steps: {SEGMENTS}\n  hidden_size: {D}\n"
        f"  loss:\n    loss_type: stablemax_cross_entropy\n    name: losses@ACTLossHead\n  name: {name}\n  num_heads: {HEADS}\n"
        f"  pos_encodings: rope\n  puzzle_emb_ndim: {D}\n{more}seed: 0\n")
    meta = json.dumps(dict(pad_id=0, ignore_label_id=0, blank_identifier_id=0, vocab_size=V, seq_len=S,
                           num_puzzle_identifiers=form["rows"], total_groups=2, mean_puzzle_examples=1.0, sets=["all"]))
    for place in (run, data):
        (place / "dataset.json").write_text(meta)

    # Each form of a puzzle has a row of its own, far apart in the table.
    mark, names, places = form["mark"], {}, {}
    asked = [(puzzle, number) for puzzle, (forms, _) in puzzles().items() for number in range(len(forms))]
    for index, (puzzle, number) in enumerate(asked):
        t, colours = puzzles()[puzzle][0][number]
        at = 1 + index * (form["rows"] - 2) // (len(asked) - 1)
        names[at] = puzzle if number == 0 else f"{puzzle}{mark}t{t}{mark}{''.join(map(str, colours))}"
        places[puzzle, number] = at
    # A thousand forms of each of many others.
    orders = ["".join(order) for order in itertools.islice(itertools.permutations("123456789"), 125)]
    other = lambda i: f"{i // 1000:08x}{mark}t{i % 8}{mark}0{orders[i % 1000 // 8]}"
    listed = ["<blank>", *(names.get(i) or other(i) for i in range(1, form["rows"]))]
    for place in (run, folder / "data"):
        (place / "identifiers.json").write_text(json.dumps(listed))
    return state, places


def watched(command, folder):
    """Runs a command; returns its code, its largest memory in KiB, and its output. What the system says of children at
    their end counts this process, which they begin as."""
    with open(folder / "output", "w+") as out:
        child, peak = subprocess.Popen(command, cwd=folder, stdout=out), 0
        while child.poll() is None:
            status = Path(f"/proc/{child.pid}/status").read_text()
            peak = max([peak, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))])
            time.sleep(0.05)
        out.seek(0)
        return child.returncode, peak, out.read()


def main():
    hrm, family = Path(sys.argv[1]).resolve(), sys.argv[2]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        state, places = write(folder, family)
        network = Network(state, FORMS[family])
        inputs, identifiers, ends, expected, votes = [], [], [0], [], {}
        for puzzle, (forms, tests) in puzzles().items():
            for number, form in enumerate(forms):
                for test, grid in enumerate(tests):
                    tokens = encode(apply(form, grid))
                    prediction, margin, q = network.run(tokens, places[puzzle, number])
                    votes.setdefault((puzzle, test), []).append((undo(form, crop(prediction)), q))
                    inputs.append(tokens), expected.append((prediction, margin, q))
                identifiers.append(places[puzzle, number]), ends.append(len(inputs))
        del network, state
        # The first test is solved at once, the second by the second answer, the third not at all.
        nothing = np.full((2, 5), 9)
        right = {key: [*ranked(cast), nothing, nothing][place] if place < 2 else nothing for place, (key, cast) in enumerate(votes.items())}
        right = {key: grid if grid.size else nothing for key, grid in right.items()}
        labels = [encode(apply(form, right[puzzle, test])) for puzzle, (forms, tests) in puzzles().items() for form in forms for test in range(len(tests))]
        groups = np.cumsum([0, *(len(forms) for forms, _ in puzzles().values())])
        arrays = dict(inputs=inputs, labels=labels, puzzle_identifiers=identifiers, puzzle_indices=ends, group_indices=groups)
        for name, values in arrays.items():
            np.save(folder / f"data/test/all__{name}.npy", np.array(values, dtype=np.int32))
        tasks = {puzzle: {"train": [{"input": [[1]], "output": [[2]]}],
                          "test": [{"input": grid.tolist(), "output": right[puzzle, test].tolist()} for test, grid in enumerate(tests)]}
                 for puzzle, (_, tests) in puzzles().items()}
        (folder / "data/test_puzzles.json").write_text(json.dumps(tasks))

        began = time.time()
        command = [hrm, "eval", "data", "--model", "run/step_723", "--device", "cpu", "--json", "--save", "predictions",
                   "--submission", "submission.json", "--out", "records.jsonl"]
        code, peak, output = watched(command, folder)
        seconds = time.time() - began
        if code != 0:
            sys.exit(code)
        *records, summary = map(json.loads, output.splitlines())
        assert len(records) == len(expected)
        least, far = math.inf, 0.0
        for record in records:
            prediction, margin, q = expected[record["index"]]
            assert record["prediction"] == prediction, f"sample {record['index']}: other ids, least margin {min(margin):.2e}"
            least, far = min(least, *margin), max(far, abs(record["q_halt"] - q))
        assert far < 1e-3, f"q_halt is off by {far}"
        submission = {puzzle: [] for puzzle in tasks}
        for (puzzle, _), cast in votes.items():
            best = ranked(cast)
            submission[puzzle].append({f"attempt_{n + 1}": best[min(n, len(best) - 1)].tolist() for n in range(2)})
        assert json.loads((folder / "submission.json").read_text()) == submission, "another submission"
        for k in (1, 2, 10):
            solved = {key: any(np.array_equal(grid, right[key]) for grid in ranked(cast)[:k]) for key, cast in votes.items()}
            each = [[solved[puzzle, test] for test in range(len(tests))] for puzzle, (_, tests) in puzzles().items()]
            shares = dict(hrm=np.mean([all(tests) for tests in each]), trm=np.mean([np.mean(tests) for tests in each]))
            for rule, share in shares.items():
                assert abs(summary["pass"][rule][str(k)] - share) < 1e-12, f"{rule} pass@{k}"
        sizes = {key: [grid.shape for grid, _ in cast] for key, cast in votes.items()}
        print(f"{family}: {len(records)} samples of {FORMS[family]['prefix'] + S} tokens, {SEGMENTS} segments each: all predictions, votes, figures "
              f"and the submission are the same (least margin {least:.1e}, q_halt off by {far:.1e}); {seconds:.0f} s, largest memory {peak / 1024:.0f} MiB")
        print(f"shapes of the answers: {sizes}")


if __name__ == "__main__":
    main()
