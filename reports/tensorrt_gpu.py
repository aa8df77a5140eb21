"""The part of reports/tensorrt.md that needs a GPU: parity and latency of engines, ONNX Runtime with CUDA, torch."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tensorrt_engines import MAX_IMAGES, Subject, decisions, edgeface

from edgeface.core.artifact import Artifact

BATCHES = (1, 8, MAX_IMAGES)
LARGE_BATCHES = (1, 8)
LARGE_PIXELS = 1_000_000
ROUNDS = 15
RUNS = 100
ONNX_RUNTIME = {"tensorrt-fp32": "ONNX Runtime CUDA fp32", "tensorrt-fp16": "ONNX Runtime CUDA fp16"}


def measured(made: Mapping[Subject, Mapping[str, Path]], work: Path) -> list[str]:
    """The sections on parity and latency.

    Args:
        made: artifacts by subject and target, with engines for the GPU that is here.
        work: a folder for files in between.
    """
    return [_parity(made), _latency(made, work)]


def _parity(made: Mapping[Subject, Mapping[str, Path]]) -> str:
    rows = [
        "## Engines on the GPU against the checkpoint\n\n"
        "`edgeface parity … --on gpu`: engines against torch float32 on all images of the folder.\n\n"
        "| network | target | images | faces matched | extra | mean Δscore | mean landmark error | "
        "cosine, mean (least) | least SNR, dB |",
        "|---" * 9 + "|",
    ]
    for subject, artifacts in made.items():
        finder = [option for option in subject.options if option.endswith("-onnx-fp32")]
        detector = ("--detector", finder[0]) if finder else ()
        for target, folder in artifacts.items():
            given = (str(folder), "--weights", str(subject.weights), "--images", str(subject.images), *detector)
            found = edgeface("parity", *given, "--on", "gpu", check=False)
            rows.append(f"| {subject.name} | {target} | {_parity_cells(found)} |")
    return "\n".join(rows)


def _parity_cells(found: dict[str, Any]) -> str:
    if "error" in found:
        return f"refused: {found['error']['what']} | – | – | – | – | – | –"
    snr_db = min(tensor["snr_db"] for tensor in found["tensors"].values())
    return f"{found['images']} | {decisions(found['decisions'])} | {snr_db:.1f}"


def _latency(made: Mapping[Subject, Mapping[str, Path]], work: Path) -> str:
    rows = [
        "## Latency on the GPU\n\n"
        "Of a whole batch, copies to the GPU and back included. Engines and ONNX Runtime by `edgeface bench`,\n"
        f"{ROUNDS} interleaved rounds; torch in {RUNS} runs of its own, pinned memory, without compilation.\n\n"
        "| network | batch | what | median ms | p10–p90 | images/s |",
        "|---" * 6 + "|",
    ]
    notes: dict[str, None] = {}
    for subject, artifacts in made.items():
        contract = Artifact.open(next(iter(artifacts.values()))).contract
        large = contract.input.height * contract.input.width > LARGE_PIXELS
        lanes = {path: f"TensorRT, {target}" for target, path in artifacts.items()} | _alone(
            artifacts, work / f"onnx {subject.name}"
        )
        for batch in LARGE_BATCHES if large else BATCHES:
            rows += _benched(subject, batch, lanes, notes)
            rows += [_row(subject, batch, name, times) for name, times in _torch(subject, batch, contract)]
    return "\n".join([*rows, "", *(f"- {note}" for note in notes)])


def _alone(artifacts: Mapping[str, Path], folder: Path) -> dict[Path, str]:
    """The typed ONNX without its engines, which ONNX Runtime runs at any batch."""
    folder.mkdir()
    found = {}
    for target in artifacts.keys() & ONNX_RUNTIME.keys():
        name = ONNX_RUNTIME[target]
        path = folder / f"{target}.onnx"
        shutil.copyfile(artifacts[target] / "model.onnx", path)
        found[path] = name
    return found


def _benched(subject: Subject, batch: int, lanes: Mapping[Path, str], notes: dict[str, None]) -> list[str]:
    """Rows of lanes that are measured in the same rounds; each alone where one of them does not run."""
    paths = [str(path) for path in lanes]
    given = ("--batch", str(batch), "--rounds", str(ROUNDS), "--on", "gpu")
    found = edgeface("bench", *paths, *given, check=False)
    if "error" in found and len(lanes) > 1:
        return [row for path, name in lanes.items() for row in _benched(subject, batch, {path: name}, notes)]
    start = f"| {subject.name} | {batch} |"
    if "error" in found:
        return [f"{start} {next(iter(lanes.values()))} | refused: {found['error']['what']} | – | – |"]
    notes.update(dict.fromkeys(found["notes"]))
    return [
        f"{start} {name} | {item['median_ms']:.3f} | {item['p10_ms']:.3f}–{item['p90_ms']:.3f} "
        f"| {1000 * batch / item['median_ms']:.0f} |"
        for name, item in zip(lanes.values(), found["measurements"], strict=True)
    ]


def _torch(subject: Subject, batch: int, contract: Any) -> Iterator[tuple[str, list[float] | str]]:
    """Latencies of torch by form, in milliseconds, or why there are none."""
    import torch

    from edgeface.models import family

    if not torch.cuda.is_available():
        yield "torch", f"not measured: torch {torch.__version__} has no CUDA"
        return
    size = (batch, 3, contract.input.height, contract.input.width)
    for dtype, kind in ((torch.float32, "fp32"), (torch.float16, "fp16")):
        for layout, suffix in ((torch.contiguous_format, ""), (torch.channels_last, " channels last")):
            network = family(contract.family).load(subject.weights, contract).to("cuda", dtype, memory_format=layout)
            image = torch.randn(size).to(dtype, memory_format=layout).pin_memory()
            yield f"torch {kind}{suffix}", _timed(partial(_once, network, image))


def _once(network: Any, image: Any) -> None:
    import torch

    with torch.inference_mode():
        made = network(image.cuda(non_blocking=True))
        for tensor in made if isinstance(made, tuple) else (made,):
            tensor.cpu()


def _timed(run: Callable[[], None]) -> list[float]:
    for _ in range(10):
        run()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter_ns()
        run()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times


def _row(subject: Subject, batch: int, name: str, times: list[float] | str) -> str:
    if isinstance(times, str):
        return f"| {subject.name} | {batch} | {name} | {times} | – | – |"
    middle = statistics.median(times)
    tenths = statistics.quantiles(times, n=10)
    return (
        f"| {subject.name} | {batch} | {name} | {middle:.3f} | {tenths[0]:.3f}–{tenths[-1]:.3f} "
        f"| {1000 * batch / middle:.0f} |"
    )
