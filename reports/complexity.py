"""Make reports/complexity.md: `python reports/complexity.py`.

Every figure comes from real exporters, files, tools and runtimes, run now.
"""

from __future__ import annotations

import datetime
import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from other_counters import ADDED, counted
from reference_exports import (
    GOLDEN,
    Golden,
    exported_by_dynamo,
    golden,
    quantized,
    simplified,
    tflite,
    traced,
    trained,
)

from edgeface.budgets.check import check
from edgeface.models.architectures import architecture

ROOT = Path(__file__).resolve().parent.parent
DETECTOR = "retinaface_mnet025"
COMPARED = ("mobilefacenet:y1", "mobilefacenet:mbf", "vargfacenet", "iresnet18", DETECTOR)
TOOLS = ("torch", "onnx", "onnxruntime", "onnxscript", "onnxsim", "ai-edge-litert", "numpy", *ADDED)
ROUNDS = 9


def main() -> None:
    """Make every file in a temporary folder and write the report."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sections = [_header(), _golden(work), _others(), _speed(work), _arena(work)]
    (ROOT / "reports" / "complexity.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


def _header() -> str:
    listed = ", ".join(f"{name} {version(name)}" for name in ("edgeface", *TOOLS))
    return f"""# `edgeface check`: measured

Made by `.venv/bin/python reports/complexity.py` on {datetime.date.today()}; {_cpu()}, {os.cpu_count()} cores,
Python {platform.python_version()}; {listed}.

The networks have random weights and random batch norms: counting does not depend on their values."""


def _golden(work: Path) -> str:
    rows = ["| network | asked: LFR FLOP | MAC | parameters | measured |", "|---|---:|---:|---:|---|"]
    for name, asked in GOLDEN.items():
        print(name, file=sys.stderr)
        found = _measured(name, work)
        same = [source for source, cost in found.items() if cost == asked]
        said = [f"= from {', '.join(same)}"]
        said += [f"{source}: {_difference(cost, asked)}" for source, cost in found.items() if cost != asked]
        rows.append(f"| {name} | {asked.lfr_flops:,} | {asked.macs:,} | {asked.parameters:,} | {'; '.join(said)} |")
    return "\n".join(
        [
            "## Totals",
            "",
            "`=`: LFR FLOPs, MACs and parameters are what was asked, to the unit. Folding a batch norm into a fully",
            "connected layer that has a bias leaves one vector of three, so that such files hold fewer parameters: no",
            "tool could count more. `torch`: the module; `tracing`: torch.onnx.export(dynamo=False) by default, which",
            "folds batch norm; `preserve`: with TrainingMode.PRESERVE, which does not; `dynamo`, `dynamo optimized`:",
            "dynamo=True; `onnxsim`: of `tracing`; `Q/DQ`: ONNX Runtime's quantize_static of `tracing`; `tflite-…`:",
            "edgeface's own. The detector is asked at 640×480, where 1,465,432,000 LFR FLOPs are also to be read: a",
            "rounded figure, which the formula cannot give with 735,859,200 MACs.",
            "",
            *rows,
        ]
    )


def _measured(name: str, work: Path) -> dict[str, Golden | str]:
    module = trained(name)
    found: dict[str, Golden | str] = {"name": _cost(name)}
    complexity = check(module, input_size=architecture(name).input_size).complexity
    found["torch"] = Golden(complexity.lfr_flops, complexity.macs, complexity.parameters)
    folded, preserved = traced(name, module), traced(name, module, folded=False)
    plain, optimized = exported_by_dynamo(name, module)
    files = {"tracing": folded, "preserve": preserved, "dynamo": plain, "dynamo optimized": optimized}
    files["onnxsim"] = simplified(folded)
    files["Q/DQ"] = quantized(name, folded, work / "quantized.onnx")
    for source, content in files.items():
        found[source] = _cost(_written(work / "model.onnx", content))
    for target in ("tflite-fp32", "tflite-int8"):
        found[target] = _cost(_written(work / "model.tflite", tflite(name, preserved, target)))
    return found


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _cost(source: str | Path) -> Golden:
    complexity = check(source).complexity
    return Golden(complexity.lfr_flops, complexity.macs, complexity.parameters)


def _difference(cost: Golden | str, asked: Golden) -> str:
    if isinstance(cost, str):
        return cost
    pairs = zip(Golden._fields, cost, asked, strict=True)
    return ", ".join(f"{field} {found - wanted:+,}" for field, found, wanted in pairs if found != wanted)


def _others() -> str:
    rows = ["| network | edgeface: MAC |" + " | ".join(f" {tool}" for tool in ADDED) + " |"]
    rows.append("|---|---:" + "|---" * len(ADDED) + "|")
    for name in COMPARED:
        print("other counters:", name, file=sys.stderr)
        module = trained(name)
        model = traced(name, module, folded=False)
        cells = [_other(tool, golden(name).macs, *counted(tool, name, module, model)) for tool in ADDED]
        rows.append(f"| {name} | {golden(name).macs:,} | {' | '.join(cells)} |")
    rules = "; ".join(
        f"{tool}: " + ", ".join(f"{operator} ×{number}" for operator, number in added.items())
        for tool, added in ADDED.items()
    )
    return "\n".join(
        [
            "## Other counters",
            "",
            "Each tool's own total, whatever it calls it, and what of it are no MACs of convolutions and products, by",
            "kind of operator. tests/cost/test_other_counters.py derives every addend from the shapes, to the",
            f"unit. Operations for each number made: {rules}. ptflops `functions`: calls of torch.nn.functional, so",
            "that PReLU counts twice. None of them counts LFR FLOPs.",
            "",
            *rows,
        ]
    )


def _other(tool: str, macs: int, total: int, parts: dict[str, int]) -> str:
    biases = parts["Conv"] + parts.get("Gemm", 0) - macs
    more = {"bias": biases} | {kind: number for kind, number in parts.items() if kind not in {"Conv", "Gemm"}}
    listed = " + ".join(f"{number:,} {kind}" for kind, number in more.items() if number)
    if total != macs + sum(more.values()):
        raise SystemExit(f"{tool}: {total} is not explained")
    return f"{total:,} = MAC + {listed}"


def _speed(work: Path) -> str:
    module = trained(DETECTOR)
    model = traced(DETECTOR, module, folded=False)
    large = _written(work / "iresnet34.onnx", traced("iresnet34", trained("iresnet34")))
    sources = {
        "retinaface_mnet025 by name": DETECTOR,
        "retinaface_mnet025, .onnx": str(_written(work / "detector.onnx", model)),
        "retinaface_mnet025, .tflite": str(_written(work / "detector.tflite", tflite(DETECTOR, model, "tflite-fp32"))),
        f"iresnet34, .onnx of {large.stat().st_size / 1e6:.1f} MB": str(large),
        f"{large.name} within lfr-large": f"{large} --budget deepglint-large",
    }
    rows = ["| what | median s | fastest s | imports torch |", "|---|---:|---:|---|"]
    for label, source in sources.items():
        print("speed:", label, file=sys.stderr)
        arguments = ["-m", "edgeface", "check", *source.split()]
        seconds = sorted(_seconds(arguments) for _ in range(ROUNDS))
        imports = "YES" if _imports_torch(arguments) else "no"
        rows.append(f"| {label} | {statistics.median(seconds):.2f} | {seconds[0]:.2f} | {imports} |")
    load = f"load of the machine meanwhile: {os.getloadavg()[0]:.1f}"
    return "\n".join(["## Speed", "", f"`edgeface check` as a process, of {ROUNDS} runs; {load}.", "", *rows])


def _seconds(arguments: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _imports_torch(arguments: list[str]) -> bool:
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return any(line.rpartition("|")[2].strip() == "torch" for line in done.stderr.splitlines())


def _arena(work: Path) -> str:
    from edgeface.cost.arena import arena_bytes
    from edgeface.cost.readers.tflite_network import read_tflite

    arena = _module(ROOT / "tests" / "complexity" / "test_arena.py")
    model = traced(DETECTOR, trained(DETECTOR), folded=False)
    rows = ["| model | kernels | predicted B | real B | difference |", "|---|---|---:|---:|---:|"]
    for target in ("tflite-fp32", "tflite-int8"):
        path = _written(work / f"{target}.tflite", tflite(DETECTOR, model, target))
        for kernels in ("builtin", "reference"):
            predicted, real = arena_bytes(read_tflite(path), kernels), arena.RealArena(path, kernels).size_bytes
            rows.append(f"| {target} | {kernels} | {predicted:,} | {real:,} | {predicted - real:+,} |")
    return "\n".join(
        [
            "## Arena",
            "",
            f"{DETECTOR} at 640×480, one thread, without a delegate: predicted from the file alone, and from the",
            "addresses that LiteRT gives its tensors (tests/cost/test_arena.py).",
            "",
            *rows,
        ]
    )


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown CPU")


if __name__ == "__main__":
    main()
