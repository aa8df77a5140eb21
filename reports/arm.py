"""Write reports/arm.md: every artifact in every runtime on the emulated cores of an RK3399.

Run as `.venv/bin/python reports/arm.py`; it takes about half an hour on two cores, and needs ../shared.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from edgeface.core.artifact import Artifact
from edgeface.devices.count import Counts, count_models
from edgeface.devices.install import Status, install
from edgeface.devices.parity import FLOAT_TOLERANCE, DeviceParity, PathParity, device_parity
from edgeface.devices.parse import parse_device
from edgeface.devices.runner import Loading
from edgeface.devices.table import profile
from edgeface.images.folder import list_images
from edgeface.inference.detector import Detector
from edgeface.tasks.task import Image
from edgeface.validate.inputs import task_images

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
CORES = ("a72", "a53")
IMAGES, FEW = 20, 3
DETECTOR = ("retinaface_mnet025_1mb.pth", "320×240")
RECOGNISERS = {"prelu-112x96": "mobilefacenet_prelu_112x96.ckpt", "relu6-128": "mobilefacenet_relu6_128.pt"}
KINDS = ("tflite-int8 --integer-only", "tflite-int8", "tflite-fp32", "onnx-fp32")
COUNTED = {".tflite": (Loading(), Loading("tflite-runtime")), ".onnx": (Loading("onnxruntime"),)}


@dataclass(frozen=True)
class Row:
    """An artifact on a core."""

    model: str
    kind: str
    parity: DeviceParity
    counts: dict[str, Counts]


def main() -> None:
    """Export, compare, count, and write the report."""
    found = install(print)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        artifacts = _artifacts(work)
        detector = Detector(artifacts["retinaface_mnet025_1mb"]["onnx-fp32"])
        images = {name: _images(kinds["onnx-fp32"], detector) for name, kinds in artifacts.items()}
        tasks = [(name, kind, core) for core in CORES for name in artifacts for kind in KINDS]
        with ThreadPoolExecutor(2) as pool:
            rows = list(pool.map(lambda task: _row(artifacts[task[0]][task[1]], *task, images[task[0]]), tasks))
    of_core = {core: [row for row in rows if row.parity.device.name == core] for core in CORES}
    parts = [_header(found), *(_section(core, of_core[core]) for core in CORES)]
    (ROOT / "reports" / "arm.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _artifacts(work: Path) -> dict[str, dict[str, Artifact]]:
    """By model and kind, each exported through its gate."""
    scenes = ["--calibration", str(SHARED / "scenes"), "--input", "240x320", "--variant", "1mb"]
    weights = ["--weights", str(SHARED / "weights" / DETECTOR[0])]
    found = {"retinaface_mnet025_1mb": _exported(work / "detector", [*weights, *scenes])}
    faces = _faces(work / "faces")
    for name, file in RECOGNISERS.items():
        given = ["mobilefacenet", "--weights", str(SHARED / "weights" / file), "--calibration", str(faces)]
        given += ["--detector", str(found["retinaface_mnet025_1mb"]["onnx-fp32"].folder)]
        found[f"mobilefacenet {name}"] = _exported(work / name, given)
    return found


def _exported(out: Path, given: list[str]) -> dict[str, Artifact]:
    _export([*given, "--target", "onnx-fp32,tflite-fp32,tflite-int8", "--out", str(out)])
    _export([*given, "--target", "tflite-int8", "--integer-only", "--out", str(out / "integer")])
    found = {}
    for kind in KINDS:
        folder = out / "integer" if "integer" in kind else out
        found[kind] = Artifact.open(next(folder.glob(f"*-{kind.split()[0]}")))
    return found


def _export(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "edgeface", "--quiet", "export", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr or json.dumps(json.loads(done.stdout)))


def _faces(folder: Path) -> Path:
    """Images of people who are in no pair."""
    folder.mkdir()
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    names, offsets, blob = stored["names"], stored["off"], stored["blob"]
    for index in range(0, len(names), 17):
        (folder / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    return folder


def _images(artifact: Artifact, detector: Detector) -> list[Image]:
    """Twenty images with faces, spread evenly."""
    if artifact.contract.task == "detection":
        files = list_images(SHARED / "scenes")[::6]
    else:
        people = sorted((SHARED / "lfw" / "images").iterdir())[::40]
        files = [list_images(person)[0] for person in people]
    return list(_first(task_images(files, "comparing", artifact.contract, detector), IMAGES))


def _first(images: Iterable[Image], count: int) -> Iterator[Image]:
    for _, image in zip(range(count), images, strict=False):
        yield image


def _row(artifact: Artifact, model: str, kind: str, core: str, images: list[Image]) -> Row:
    shown = images if "int8" in kind else images[:FEW]
    parity = device_parity(artifact, parse_device(core), shown)
    path = artifact.model_path
    counts = {loading.path: count_models([path], core, loading)[0] for loading in COUNTED[path.suffix]}
    print(f"{core} {model} {kind}: {'agrees' if parity.passed else 'DIFFERS'}", flush=True)
    return Row(model, kind, parity, counts)


def _section(core: str, rows: list[Row]) -> str:
    return "\n\n".join([f"## {profile(core).title}", _parity(rows), _costs(rows)])


def _parity(rows: list[Row]) -> str:
    lines = ["| model | artifact | runtime | images | values that differ | largest Δ | first operator | |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for row in rows:
        for path in row.parity.paths:
            lines.append(f"| {row.model} | {row.kind} | {path.name} | {row.parity.images} | {_found(path)} |")
    return "\n".join(lines)


def _found(path: PathParity) -> str:
    total, first = path.total, path.first
    where = "–" if first is None else f"{first.number} {first.op}, Δ {first.found.max_abs:.1g}"
    largest = "0" if total.identical else f"{total.max_abs:.2g}"
    verdict = "equal" if total.identical else "within its requirement" if path.passed else "**differs**"
    return f"{total.differing} of {total.values} | {largest} | {where} | {verdict}"


def _costs(rows: list[Row]) -> str:
    columns: dict[str, Callable[[Counts], str]] = {
        "M instructions": lambda found: f"{found.instructions / 1e6:.1f}",
        "vector": lambda found: f"{found.vector / 1e6:.1f}",
        "k L1D misses": lambda found: f"{found.l1_misses / 1e3:.0f}",
        "k L2 misses": lambda found: f"{found.l2_misses / 1e3:.0f}",
    }
    lines = [f"| model | artifact | runtime | {' | '.join(columns)} |", f"|{'---|' * (3 + len(columns))}"]
    for row in rows:
        for name, found in row.counts.items():
            shown = " | ".join(column(found) for column in columns.values())
            lines.append(f"| {row.model} | {row.kind} | {name.replace('xnnpack', 'default')} | {shown} |")
    return "\n".join(lines)


def _header(found: Status) -> str:
    from edgeface.core.versions import versions

    here = ", ".join(f"{name} {number}" for name, number in versions("ai-edge-litert", "flatbuffers").items())
    shown = [(name.partition(":")[0], version) for name, version in sorted(found.versions.items()) if _shown(name)]
    there = ", ".join(f"{name} {version}" for name, version in shown)
    return f"""# Cortex-A72 and Cortex-A53, emulated

Made by `.venv/bin/python reports/arm.py` on {date.today()}; {platform.machine()}, Python {platform.python_version()};
{here}.
Emulated: {there}.

Detector at {DETECTOR[1]}, recognizers on aligned faces; int8 artifacts are compared on {IMAGES} images,
float ones on {FEW}. Artifacts that compute in integers alone must be equal bit by bit; floats may differ by
{FLOAT_TOLERANCE:g}; an int8 artifact with parts in float must be equal in every integer operator whose inputs are
equal, and its float operators within {FLOAT_TOLERANCE:g} of each other. Where outputs differ, "first operator" is the
first that makes a difference, on the image where most values differ, with the largest difference of its output.
The reference kernels compute float convolutions with fused multiply–add on ARM and without on x86, and what int8 makes
of such a difference can be a step, so only integer-only artifacts are equal there.

Counts are of one inference with one thread, after one that is not counted; caches are simulated (L1D 32 KiB; L2 1 MiB
on the A72, 512 KiB on the A53). "Default" kernels are what the runtime chooses by itself. Emulated times mean nothing
and are not given."""


def _shown(name: str) -> bool:
    return name.startswith(("qemu-user", "ai-edge-litert", "onnxruntime")) or name == "tflite-runtime:legacy"


if __name__ == "__main__":
    main()
