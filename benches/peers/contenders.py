"""Who could run here: names, precisions, commands."""
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORK = ROOT / "target" / "peers"
# Models of the family, which are compared with PyTorch's f32 on the CPU alone.
FAMILY = ("eqr", "urm", "serrm")


@dataclass
class Entry:
    """A contender that is not started yet."""
    label: str
    dtype: str
    command: list
    env: dict = field(default_factory=dict)
    # A file that it needs, and how to come by it.
    needs: Path = None
    remedy: str = ""


@dataclass
class Group:
    """Contenders that are compared with each other; ours is the first."""
    title: str
    batches: list
    entries: list


def groups(ours, model, args):
    """What is compared for a model on this machine."""
    folder, inputs, threads = WORK / model, WORK / "inputs.safetensors", str(args.threads)
    rust = lambda label, device, dtype="f32", folder=folder, *more: Entry(
        f"hrm {label}", dtype, [ours, "run", device, folder, inputs, threads, *more])
    torch = lambda label, mode, device, dtype: Entry(
        label, dtype, [sys.executable, HERE / "contender_torch.py", mode, device, dtype, folder, inputs, threads],
        {"OMP_NUM_THREADS": threads, "TORCHINDUCTOR_CACHE_DIR": str(WORK / "inductor")})
    peers = WORK / "rust" / "release"
    burn = lambda software: Entry(
        "burn f32", "f32", [peers / "burn-contender", folder, inputs],
        {"CUBECL_WGPU_DEFAULT_DEVICE": "Cpu" if software else "DefaultDevice"}, peers / "burn-contender",
        "it was not built")

    cpu = [rust("cpu", "cpu")]
    if model == "products":  # the matrix product by itself, of those who bring their own to wgpu
        yield Group("CPU", [1, 8], cpu)
        for adapter in adapters(ours, args.device):
            gpu = [rust(adapter["name"], str(adapter["index"])), burn(adapter["kind"] == "software")]
            yield Group(adapter["name"], [1, 8], gpu)
        return
    if model in FAMILY:
        cpu += [torch(f"PyTorch {how} f32", mode, "cpu", "f32") for how, mode in
                (("eager", "eager"), ("compiled", "default"), ("compiled, weights frozen,", "freezing"))]
        yield Group("CPU", [1, 8], cpu)
        return
    for dtype in ("f32", "bf16"):
        cpu += [torch(f"PyTorch eager {dtype}", "eager", "cpu", dtype),
                torch(f"PyTorch compiled {dtype}", "default", "cpu", dtype)]
    cpu.append(torch("PyTorch compiled, weights frozen, f32", "freezing", "cpu", "f32"))
    onnx = [sys.executable, HERE / "contender_onnx.py", "CPUExecutionProvider", folder / "model.onnx", folder, inputs]
    cpu.append(Entry("onnxruntime f32", "f32", [*onnx, threads], {}, folder / "model.onnx", "the export failed"))
    cpu.append(Entry("candle f32", "f32", [peers / "candle-contender", folder, inputs],
                     {"RAYON_NUM_THREADS": threads}, peers / "candle-contender", "it was not built"))
    yield Group("CPU", [1, 8] if args.quick else [1, 8, 32], cpu)

    for adapter in adapters(ours, args.device):
        software = adapter["kind"] == "software"
        name, index = adapter["name"], str(adapter["index"])
        half = WORK / f"{model}-f16"
        gpu = [rust(name, index), rust(f"{name}, f16 weights", index, "f16", half)]
        if not software:  # these multiply in f32 alone
            gpu.append(rust(f"{name}, f16 weights and products", index, "f16", half, "f16"))
        gpu.append(burn(software))
        if not software and cuda():
            for dtype in ("f32", "tf32", "bf16"):
                for mode in ("eager", "default", "reduce-overhead", "max-autotune"):
                    gpu.append(torch(f"PyTorch CUDA {mode} {dtype}", mode, "cuda", dtype))
        batches = [1, 8] if software else [1, 32, 256]
        yield Group(name, batches[:1] if args.quick else batches, gpu)

    if model == "sudoku":  # what runs in a browser is small
        web = lambda label, runtime, device, needs, remedy: Entry(
            label, "f32", ["node", HERE / "web" / "contender.mjs", runtime, device, folder, inputs, threads], {}, needs,
            remedy)
        built, ort = ROOT / "target" / "wasm" / "hrm_core.js", WORK / "web" / "node_modules" / "onnxruntime-web"
        browser = [web("hrm in Chromium, WebGPU", "hrm", "webgpu", built, "examples/web/build makes it"),
                   web("hrm in Chromium, wasm", "hrm", "wasm", built, "examples/web/build makes it"),
                   web("onnxruntime-web, WebGPU", "ort", "webgpu", ort, "npm could not install it"),
                   web("onnxruntime-web, wasm", "ort", "wasm", ort, "npm could not install it")]
        yield Group("Chromium", [1] if args.quick else [1, 8], browser)


def adapters(ours, wanted):
    """Adapters of wgpu: those that are asked for by name, else the real GPUs, else the first."""
    listed = subprocess.run([ours, "adapters"], stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line) for line in listed.splitlines()]
    if wanted:
        return [a for a in found if any(word.lower() in a["name"].lower() for word in wanted)]
    real = [a for a in found if a["kind"] != "software"]
    return real[:1] or found[:1]


def cuda():
    """Whether PyTorch finds a GPU."""
    check = [sys.executable, "-c", "import torch, sys; sys.exit(not torch.cuda.is_available())"]
    return subprocess.run(check, stderr=subprocess.DEVNULL, env={**os.environ}).returncode == 0
