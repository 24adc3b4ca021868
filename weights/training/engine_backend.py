"""The CPU engine (engine/) behind the interface of hrm.TorchBackend."""
import ctypes, os
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


class _Config(ctypes.Structure):
    names = "hidden inner positions vocab h_layers l_layers h_cycles l_cycles puzzles rope learned grad_l group threads".split()
    _fields_ = [(n, ctypes.c_int) for n in names]


class _Batch(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int), ("tokens", ctypes.c_void_p), ("labels", ctypes.c_void_p), ("ids", ctypes.c_void_p), ("zh", ctypes.c_void_p),
                ("zl", ctypes.c_void_p), ("train", ctypes.c_int), ("scale", ctypes.c_float), ("q_weight", ctypes.c_float),
                ("aux", ctypes.c_float), ("aux_kind", ctypes.c_void_p), ("loss", ctypes.c_void_p), ("q", ctypes.c_void_p),
                ("pred", ctypes.c_void_p), ("aux_loss", ctypes.c_void_p), ("logits", ctypes.c_void_p)]


class EngineBackend:
    device = torch.device("cpu")

    def __init__(self, cfg, threads=2, group=4, masks=None):
        """masks: [n, positions, positions] of 0 and 1: what the auxiliary loss draws the first n heads of every block to."""
        assert cfg.hidden == 32 * cfg.heads and cfg.hidden % 64 == 0, "the engine needs head width 32, hidden a multiple of 64"
        assert cfg.vocab <= 16, "the engine needs a vocabulary of at most 16"
        self.cfg = cfg
        self.lib = ctypes.CDLL(os.path.join(HERE, "engine", "engine.so"))
        self.lib.engine_new.restype = ctypes.c_void_p
        self.lib.engine_params.restype = ctypes.c_size_t
        c = _Config(cfg.hidden, cfg.inner, cfg.positions, cfg.vocab, cfg.h_layers, cfg.l_layers, cfg.h_cycles, cfg.l_cycles,
                    cfg.puzzles, cfg.pos == "rope", cfg.pos == "learned", cfg.grad_l, group, threads)
        self.handle = ctypes.c_void_p(self.lib.engine_new(ctypes.byref(c)))
        assert self.lib.engine_params(self.handle) == cfg.count()
        drawn = 0 if masks is None else len(masks)
        kinds = [k + 1 if k < drawn else 0 for k in range(cfg.heads)]
        self.kinds = torch.tensor([kinds] * (cfg.h_layers + cfg.l_layers), dtype=torch.int32)
        if masks is not None:
            masks = masks.to(torch.uint8).contiguous()
            self.lib.engine_masks(self.handle, len(masks), ctypes.c_void_p(masks.data_ptr()))
        self.grad = torch.zeros(cfg.count())

    def load(self, flat):
        self.flat = flat  # keeps the memory alive
        self.lib.engine_load(self.handle, ctypes.c_void_p(flat.data_ptr()))

    def run(self, zh, zl, tokens, labels=None, train=False, q_weight=0.5, aux=0.0, ids=None, logits=False):
        n, S = tokens.shape
        out = dict(loss=torch.zeros(n), q=torch.zeros(n, 2), pred=torch.zeros(n, S, dtype=torch.uint8), aux=torch.zeros(n))
        if logits:
            out["logits"] = torch.zeros(n, S, self.cfg.vocab)
        p = lambda t: t.data_ptr() if t is not None else None
        assert tokens.dtype == torch.int32 and zh.is_contiguous() and zl.is_contiguous()
        assert not train or n * self.cfg.positions % 2 == 0, "an odd number of positions needs an even batch"
        b = _Batch(n, p(tokens), p(labels), p(ids), p(zh), p(zl), int(train), 1.0 / n, q_weight, aux, p(self.kinds),
                   p(out["loss"]), p(out["q"]), p(out["pred"]), p(out["aux"]), p(out.get("logits")))
        self.lib.engine_segment(self.handle, ctypes.byref(b), ctypes.c_void_p(self.grad.data_ptr() if train else None))
        if train:
            out["grad"] = self.grad
        return out
