"""Write gpu.md and gpu.json: parity, latency and throughput on an NVIDIA GPU. `reports/gpu.sh` runs it there.

Run as `python reports/gpu.py WORK OUT [without rtx|parity …]`, WORK being what `reports/gpu_artifacts.py` wrote.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from gpu_lanes import PRECISIONS, Lane, opened, torch_lanes

from edgeface.errors import EdgefaceError

MAX_BATCH = 64
LEFT_OUT = frozenset(sys.argv[3:])
LARGE = "1920"
LARGE_BATCHES = (1, 8)
ROUNDS = 9
DECISIONS = {
    "reference_faces": "faces",
    "matched_percent": "% matched",
    "extra_percent": "% extra",
    "mean_score_change": "score change",
    "mean_cosine": "mean cosine",
    "min_cosine": "minimum cosine",
}
LIMIT_S = float(os.environ.get("LIMIT_S", "440")) - 40
"""Later networks and batches are left out, and named, once this has passed."""


def main(work: Path, out: Path) -> None:
    """Measure what can be measured here, and write after each step."""
    from edgeface.backends.tensorrt.cuda.driver import look_for_gpus

    started = time.monotonic()
    subjects = json.loads((work / "subjects.json").read_text(encoding="utf-8"))
    driver = look_for_gpus()
    found: dict[str, Any] = {"machine": _machine(driver), "problem": driver.problem, "parity": [], "latency": []}
    if driver.gpus:
        found["parity"] = [] if "parity" in LEFT_OUT else _parity(subjects, work)
        _write(found, out)
    for subject, batch in _settings(subjects):
        if driver.gpus and time.monotonic() - started < LIMIT_S:
            found["latency"].append(_latency(subject, batch, work))
            _write(found, out)
        else:
            found.setdefault("left out", []).append(f"{subject['name']}, batch {batch}")
    _write(found, out)


def _settings(subjects: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], int]]:
    """Subjects and batches: what one image takes comes first, then what many take."""
    for batch in (1, 64, 8):
        for subject in subjects:
            if LARGE not in subject["name"] or batch in LARGE_BATCHES:
                yield subject, batch


def _machine(driver: Any) -> dict[str, str]:
    found = {"date": date.today().isoformat(), "Python": platform.python_version()}
    found["GPU"] = ", ".join(gpu.name for gpu in driver.gpus) or "none"
    for name in ("onnxruntime", "torch"):
        try:
            found[name] = str(__import__(name).__version__)
        except ImportError as error:
            found[name] = f"does not import: {error}"
    asked = "driver_version,pcie.link.gen.max,clocks.max.sm"
    try:
        query = ["nvidia-smi", f"--query-gpu={asked}", "--format=csv,noheader"]
        found[asked] = subprocess.run(query, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        found[asked] = "no nvidia-smi"
    return found


def _parity(subjects: list[dict[str, Any]], work: Path) -> list[dict[str, Any]]:
    jobs = [(subject, f"onnx-{precision}") for subject in subjects for precision in PRECISIONS]
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda job: _parity_of(job[0], job[1], work), jobs))


def _parity_of(subject: dict[str, Any], target: str, work: Path) -> dict[str, Any]:
    made = subject["artifacts"]
    command = [sys.executable, "-m", "edgeface", "--quiet", "parity", str(work / made[target]), "--on", "gpu", "--json"]
    command += ["--reference", str(work / made["onnx-fp32"]), "--images", str(work / subject["images"])]
    command += [] if subject["finder"] is None else ["--detector", str(work / subject["finder"])]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        return {"name": subject["name"], "target": target, "found": json.loads(ran.stdout)}
    except json.JSONDecodeError:
        return {"name": subject["name"], "target": target, "found": {"error": {"what": ran.stderr[-800:]}}}


def _latency(subject: dict[str, Any], batch: int, work: Path) -> dict[str, Any]:
    print(f"{subject['name']}, batch {batch}", file=sys.stderr, flush=True)
    refused: dict[str, str] = {}
    lanes: list[Lane] = []
    with ExitStack() as held:
        for name, given in _openings(subject, batch, work, held).items():
            try:
                lanes += given()
            except (EdgefaceError, ImportError, RuntimeError) as error:
                refused[name] = str(error).split("\n")[0][:300]
        for lane in lanes:
            lane.warm_up()
        for start in range(ROUNDS):
            for lane in lanes[start % len(lanes) :] + lanes[: start % len(lanes)]:
                lane.measure()
    rows = [{"lane": lane.name, "note": lane.note, "runs": lane.runs, "ms": lane.times_ms} for lane in lanes]
    return {"name": subject["name"], "batch": batch, "lanes": rows, "refused": refused}


def _openings(
    subject: dict[str, Any], batch: int, work: Path, held: ExitStack
) -> dict[str, Callable[[], Iterator[Lane]]]:
    from edgeface.backends.onnx.cuda_runner import CudaRunner

    found: dict[str, Callable[[], Iterator[Lane]]] = {}
    for precision in PRECISIONS:
        model = work / subject["artifacts"][f"tensorrt-{precision}"] / "model.onnx"
        name = f"ONNX Runtime CUDA {precision}"
        found[name] = partial(opened, name, partial(CudaRunner, model), batch, held, batch == 1 and precision == "fp16")
        engine = f"TensorRT-RTX {precision}"
        if "rtx" not in LEFT_OUT:
            found[engine] = partial(opened, engine, partial(_engine, model), batch, held)
    weights = work / subject["weights"]
    found["torch"] = partial(torch_lanes, work / subject["artifacts"]["onnx-fp32"], weights, batch)
    return found


def _engine(model: Path) -> Any:
    """A runner of an engine for the GPU that is here, built once and kept beside its ONNX."""
    from edgeface.backends.tensorrt.build import build_engine
    from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest
    from edgeface.backends.tensorrt.runner import EngineRunner

    path = model.with_name("here.engine")
    if not path.exists():
        profile = BatchProfile(1, 8, LARGE_BATCHES[-1] if LARGE in model.parent.parent.name else MAX_BATCH)
        path.write_bytes(build_engine(model.read_bytes(), EngineRequest((), profile, where=str(model))).plan)
    return EngineRunner(path)


def _write(found: dict[str, Any], out: Path) -> None:
    out.mkdir(exist_ok=True)
    (out / "gpu.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (out / "gpu.md").write_text("\n".join(_lines(found)) + "\n", encoding="utf-8")


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield "# NVIDIA GPUs: measured\n"
    if found["problem"]:
        yield f"**Nothing here ran on a GPU: {found['problem']}.**\n"
    yield "Made by `reports/gpu.sh` (how: its first lines): " + "; ".join(
        f"{name} {value}" for name, value in found["machine"].items()
    )
    yield "\n## Parity\n\nONNX Runtime with CUDA against float32 on the processor, `edgeface parity … --on gpu`.\n"
    yield "| network | target | images | verdict | decisions | largest difference |\n|---|---|---|---|---|---|"
    yield from map(_parity_row, found["parity"])
    yield (
        "\n## Latency\n\nMilliseconds of a whole batch, copies of float32 inputs and outputs to and from pinned memory "
        f"included: the median of {ROUNDS} interleaved rounds (lowest–highest).\n"
        "Networks are the typed ONNX of the tensorrt targets, whose batch is open.\n"
    )
    yield "| network | batch | what | ms | spread | images/s | |\n|---|---|---|---|---|---|---|"
    for item in found["latency"]:
        yield from _latency_rows(item)
    if "left out" in found:
        yield "\nNot measured: " + "; ".join(found["left out"])


def _parity_row(item: dict[str, Any]) -> str:
    found = item["found"]
    start = f"| {item['name']} | {item['target']} |"
    if "error" in found:
        return f"{start} – | {found['error']['what']} | – | – |"
    decided = found["decisions"]
    shown = ", ".join(f"{words} {decided[key]:.5g}" for key, words in DECISIONS.items() if key in decided)
    worst = max(tensor["max_abs"] for tensor in found["tensors"].values())
    verdict = "passed" if found["passed"] else "failed"
    return f"{start} {found['images']} | {verdict} | {shown} | {worst:.2g} |"


def _latency_rows(item: dict[str, Any]) -> Iterator[str]:
    start = f"| {item['name']} | {item['batch']} |"
    for lane in item["lanes"]:
        ms = median(lane["ms"])
        spread = f"{min(lane['ms']):.3f}–{max(lane['ms']):.3f}"
        yield f"{start} {lane['lane']} | {ms:.3f} | {spread} | {1000 * item['batch'] / ms:.0f} | {lane['note']} |"
    for name, why in item["refused"].items():
        yield f"{start} {name} | – | – | – | {why} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
