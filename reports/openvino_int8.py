"""Write reports/openvino_int8.md: int8 in OpenVINO with VNNI and without, beside ONNX Runtime and LiteRT.

Run as `.venv/bin/python reports/openvino_int8.py --keep DIR`; it needs ../shared, gcc and objdump. What stands in DIR
is not made again. A core without AVX-512 is this processor with AVX-512 hidden from all three (hide_avx512.py).
Times are CPU seconds of one process with one thread, lanes interleaved: other programs disturb those little.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from openvino_int8_tables import page
from subjects import ROOT, SHARED, Subject, detector, edgeface, recognizers

from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.backends.openvino.compiled import compile_network
from edgeface.backends.openvino.inspect import executed
from edgeface.backends.openvino.library import core
from edgeface.backends.openvino.runner import OpenVinoRunner
from edgeface.core.artifact import Artifact
from edgeface.graph.types import Array
from edgeface.inference.detector import Detector
from edgeface.validate.inputs import task_images
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Reference

TARGETS = ("onnx-fp32", "openvino-fp32", "onnx-int8", "tflite-int8", "openvino-int8")
ROUNDS, RUNS = 31, 3
CORES = {"VNNI": (), "AVX2": ("reports/hide_avx512.py",)}
IN_OPENVINO = "onnx-int8 in OpenVINO"


@dataclass(frozen=True)
class Lane:
    """A model as it is measured: its runner, and the memory order of its images."""

    runner: Any
    layout: str


def main() -> None:
    """Export, measure on both cores, and write the report; with `--measure`, measure in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--measure", action="store_true")
    given = parser.parse_args()
    folder = given.keep.resolve()
    if given.measure:
        print(json.dumps({subject.name: _measured(subject, folder) for subject in _subjects(folder)}))
        return
    found = {}
    for subject in _subjects(folder):
        _export(subject, folder)
    for name, hidden in CORES.items():
        before = [*hidden, str(folder / "hidden")] if hidden else []
        command = [sys.executable, *before, "reports/openvino_int8.py", "--keep", str(folder), "--measure"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        ran = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
        found[name] = json.loads(ran.stdout.splitlines()[-1])
    versions = _versions()
    (ROOT / "reports" / "openvino_int8.md").write_text(page(found, versions, date.today()), encoding="utf-8")


def _subjects(folder: Path) -> Iterator[Subject]:
    yield detector("1mb", "480x640", SHARED / "scenes")
    work = folder / "recognizer"
    if not work.exists():
        work.mkdir(parents=True)
        finder = ("--weights", str(SHARED / "weights" / "retinaface_mnet025_official.pth"))
        next(recognizers(work, (*finder, "--judge", str(SHARED / "scenes"))))
    weights, faces = SHARED / "weights" / "mobilefacenet_prelu_112x96.ckpt", work / "faces"
    options = ("--calibration", str(faces), "--detector", str(work / "finder" / "retinaface_mnet025-onnx-fp32"))
    yield Subject("recognizer PReLU 112×96", "mobilefacenet", weights, faces, options)


def _folder(subject: Subject, folder: Path, target: str) -> Path:
    return folder / subject.model / f"{subject.model}-{target}"


def _export(subject: Subject, folder: Path) -> None:
    if all(_folder(subject, folder, target).is_dir() for target in TARGETS):
        return
    given = ("--weights", str(subject.weights), *subject.options, "--target", ",".join(TARGETS), "--no-latency")
    edgeface("export", subject.model, *given, "--out", str(folder / subject.model))


def _measured(subject: Subject, folder: Path) -> dict[str, Any]:
    artifacts = {target: Artifact.open(_folder(subject, folder, target)) for target in TARGETS}
    lanes = {target: Lane(open_runner(artifact, 1), artifact.manifest.layout) for target, artifact in artifacts.items()}
    network = core().read_model(str(artifacts["onnx-int8"].model_path))
    lanes[IN_OPENVINO] = Lane(OpenVinoRunner.of_network(network, "onnx-int8"), "nchw")
    return {
        "decisions": _judged(subject, artifacts["onnx-fp32"], lanes),
        "seconds": timed(lanes),
        "kernels": {
            IN_OPENVINO: _kernels(network),
            **{
                name: _kernels(core().read_model(str(artifacts[name].model_path))) for name in TARGETS if "open" in name
            },
        },
    }


def _judged(subject: Subject, base: Artifact, lanes: dict[str, Lane]) -> dict[str, Any]:
    """Decisions of each lane against onnx-fp32, on images that calibration did not see."""
    files = [subject.images / name for name in base.manifest.sources["judged_on"]["files"]]
    finder = None
    if "--detector" in subject.options:
        finder = Detector(Artifact.open(Path(subject.options[subject.options.index("--detector") + 1])))
    runs = {name: FloatRunner(lane.runner, lane.layout).run for name, lane in lanes.items()}
    reference = Reference("onnx-fp32", runs["onnx-fp32"])
    shown = list(task_images(files, "judging", base.contract, finder))
    with Judge(reference, base.contract, lambda: shown, "images") as judge:
        found = judge.score([Candidate(run) for run in runs.values()])
    return {name: each.decisions.as_dict() for name, each in zip(runs, found, strict=True) if each.decisions}


def timed(lanes: dict[str, Lane]) -> dict[str, list[float]]:
    """CPU seconds of single runs."""
    runs = {name: _run(lane) for name, lane in lanes.items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            run()  # its weights are in the cache again
            for _ in range(RUNS):
                start = time.process_time()
                run()
                seconds[name].append(time.process_time() - start)
    return seconds


def _run(lane: Lane) -> Callable[[], Any]:
    random = np.random.default_rng(0)
    feeds: dict[str, Array] = {
        spec.name: random.normal(0, 0.5, spec.shape).astype(np.float32) for spec in lane.runner.inputs
    }
    return lambda: lane.runner.run(feeds)


def _kernels(network: Any) -> dict[str, int]:
    """Layers that compute, by the kernel that executes them."""
    layers = [layer for layer in executed(compile_network(network, "report")) if layer.kind not in {"Const", "Input"}]
    silent = {"Output", "Reshape"}
    found = Counter(f"{layer.kind} {layer.kernel}" for layer in layers if layer.kind not in silent)
    return dict(sorted(found.items()))


def _versions() -> str:
    from edgeface.core.versions import versions

    return ", ".join(f"{name} {version}" for name, version in versions("openvino", "ai-edge-litert").items())


if __name__ == "__main__":
    main()
