"""Write reports/tensorrt.md: TensorRT engines, built here, and run where there is a GPU.

Run as `.venv/bin/python reports/tensorrt_engines.py`; it needs `../shared/data` and `pip install 'edgeface[tensorrt]'`.
Without a GPU it takes about ten minutes on two cores and says what was not measured. On a machine with an NVIDIA GPU
the same command also measures parity and latency, beside ONNX Runtime's CUDA provider and torch where they are there.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from edgeface.runtimes.tensorrt.layers import EngineLayer

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"
TARGETS = ("tensorrt-fp32", "tensorrt-fp16", "tensorrt-int8")
ELSEWHERE = ("86", "75", "89", "120")  # the first is built twice
MOST_PICTURES = 64
EVERY = 17
FEW_SCENES = 10
LACKING = """\
**Nothing here ran on a GPU: {problem}.**
Measured without one: the accuracy of the typed ONNX that engines are built from (in ONNX Runtime, every node in its own
type), engines that were really built, and the types that the builder reports for their layers. Latency, throughput and
parity of the engines themselves were not measured: run `.venv/bin/python reports/tensorrt_engines.py` on a machine with
an NVIDIA GPU, and they are added.

"""
ENGINES = f"""\
## Engines

Built for batches of 1 to {MOST_PICTURES}; "for" are compute capabilities, seconds are this machine's. Reformats are
layers that only move or convert. Nodes that multiply (convolutions, matrix products) are counted by what their layers
read: "Int8" where data and weights both are; "int8 left in float" are those that the ONNX quantizes and the engine does
not compute so. Padding is how many times the model's weights the engine's are, at most: groups of depthwise filters are
widened."""
REFUSAL = 110


@dataclass(frozen=True)
class Subject:
    """A network at one input size: its name here, its family, checkpoint, and what further options its export needs."""

    name: str
    model: str
    weights: Path
    images: Path
    options: tuple[str, ...]


def main() -> None:
    """Export, build, measure, and write the report."""
    from edgeface.runtimes.cuda.driver import look_for_gpus

    driver = look_for_gpus()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        made = {subject: _exported(subject, work / "out") for subject in _subjects(work)}
        capabilities = tuple(gpu.compute_capability for gpu in driver.gpus[:1]) or ELSEWHERE
        parts = [_header(driver.problem), _numerics(made), _engines(made, capabilities)]
        if driver.gpus:
            from tensorrt_gpu import measured

            parts += measured(made, work)
    (ROOT / "reports" / "tensorrt.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def edgeface(*arguments: str, check: bool = True) -> dict[str, Any]:
    """The JSON document of a command; with `check` an error ends the program."""
    print("edgeface", *arguments, file=sys.stderr)
    command = [sys.executable, "-m", "edgeface", "--quiet", *arguments, "--json"]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if check and ran.returncode not in {0, 1}:
        raise SystemExit(f"failed ({ran.returncode}): {' '.join(command)}")
    document: dict[str, Any] = json.loads(ran.stdout)
    return document


def _subjects(work: Path) -> Iterator[Subject]:
    weights, scenes = SHARED / "weights", SHARED / "scenes"
    detector = weights / "retinaface_mnet025_1mb.pth"
    calibration = ("--calibration", str(scenes), "--variant", "1mb")
    yield Subject("detector 640×480", "retinaface_mnet025", detector, scenes, (*calibration, "--input", "480x640"))
    few = work / "few"
    few.mkdir()
    for scene in sorted(scenes.iterdir())[:: max(1, len(list(scenes.iterdir())) // FEW_SCENES)]:
        (few / scene.name).symlink_to(scene)
    large = ("--calibration", str(few), "--variant", "1mb", "--input", "1080x1920")
    yield Subject("detector 1920×1080", "retinaface_mnet025", detector, few, large)
    faces = _faces(work / "faces")
    finder = work / "finder"
    given = ["--weights", str(detector), "--judge", str(few), "--variant", "1mb", "--input", "256x256"]
    edgeface("export", *given, "--target", "onnx-fp32", "--out", str(finder))
    found = ("--calibration", str(faces), "--detector", str(finder / "retinaface_mnet025-onnx-fp32"))
    for variant, file in (
        ("prelu-112x96", "mobilefacenet_prelu_112x96.ckpt"),
        ("relu6-128", "mobilefacenet_relu6_128.pt"),
    ):
        yield Subject(f"mobilefacenet {variant}", "mobilefacenet", weights / file, faces, found)


def _faces(folder: Path) -> Path:
    """Photographs of LFW that are in no pair, some of them."""
    folder.mkdir()
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    names, offsets, blob = stored["names"], stored["off"], stored["blob"]
    for index in range(0, len(names), EVERY):
        (folder / f"{names[index]}.jpg").write_bytes(blob[offsets[index] : offsets[index + 1]].tobytes())
    return folder


def _exported(subject: Subject, out: Path) -> dict[str, Path]:
    """Artifacts by target."""
    place = out / subject.name.replace(" ", "_")
    given = [subject.model, "--weights", str(subject.weights), *subject.options]
    edgeface("export", *given, "--target", ",".join(TARGETS), "--out", str(place))
    return {target: place / f"{subject.model}-{target}" for target in TARGETS}


def _header(problem: str) -> str:
    from edgeface.prove import versions
    from edgeface.runtimes.tensorrt.library import load_library

    library = load_library()
    used = ", ".join(f"{name} {version}" for name, version in versions().items())
    lacking = LACKING.format(problem=problem) if problem else ""
    return (
        f"# TensorRT: measured\n\n{lacking}Made by `.venv/bin/python reports/tensorrt_engines.py` on "
        f"{date.today().isoformat()}; {os.cpu_count()} cores, Python {platform.python_version()};\n"
        f"{library.name} {library.version}; {used}."
    )


def _numerics(made: dict[Subject, dict[str, Path]]) -> str:
    rows = [
        "## Accuracy of what engines are built from\n\n"
        "Against the checkpoint in torch float32, on photographs that calibration did not see (the certificates).\n\n"
        "| network | target | photographs | faces matched | extra | mean Δscore | mean landmark error | "
        "cosine, mean (least) |",
        "|---" * 8 + "|",
    ]
    for subject, artifacts in made.items():
        for target, folder in artifacts.items():
            certificate = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
            found = decisions(certificate["decisions"])
            rows.append(f"| {subject.name} | {target} | {certificate['pictures']} | {found} |")
    return "\n".join(rows)


def decisions(found: dict[str, Any]) -> str:
    """Five cells: faces, where it is a detector's; cosines, where it is a recogniser's."""
    if "mean_cosine" in found:
        return f"– | – | – | – | {found['mean_cosine']:.5f} ({found['min_cosine']:.4f})"
    return (
        f"{found['matched_percent']:.2f} % | {found['extra_percent']:.2f} % | {found['mean_score_change']:.4f} | "
        f"{found['mean_landmark_error_percent']:.2f} % | –"
    )


def _engines(made: dict[Subject, dict[str, Path]], capabilities: tuple[str, ...]) -> str:
    """The table of engines; they stay in the artifacts."""
    rows: list[str] = []
    again: list[int] = []
    for subject, artifacts in made.items():
        for target, folder in artifacts.items():
            rows += [f"| {subject.name} | {target} | {cells} |" for cells in _built(folder, capabilities, again)]
    least, most = min(filter(None, again), default=0), max(again, default=0)
    same = (
        f"Each network's first engine was built twice: {again.count(0)} of {len(again)} pairs are the same bytes"
        f"{f'; the others differ in {least} to {most} bytes' if most else ''}."
    )
    header = "| network | target | for | kB | built in | layers | reformats | nodes that multiply "
    header += "| int8 left in float | largest padding |"
    return "\n".join([f"{ENGINES}\n\n{header}", "|---" * 10 + "|", *rows, "", same])


def _built(folder: Path, capabilities: tuple[str, ...], again: list[int]) -> list[str]:
    """Build an artifact's engines, leave them in it, and describe them as cells; like ones share a row.

    `again` gets the number of bytes in which the first engine differs when it is built a second time.
    """
    from edgeface.errors import EdgefaceError
    from edgeface.runtimes.tensorrt.artifact_engines import ArtifactEngine, EngineList
    from edgeface.runtimes.tensorrt.build import build_engine
    from edgeface.runtimes.tensorrt.engine_file import engine_entries
    from edgeface.runtimes.tensorrt.request import BatchProfile, EngineRequest

    onnx = (folder / "model.onnx").read_bytes()
    entries: list[ArtifactEngine] = []
    alike: dict[str, list[tuple[str, int, float]]] = {}
    batch = BatchProfile(1, 8, MOST_PICTURES)
    try:
        for digits in capabilities:
            start = time.perf_counter()
            engine = build_engine(onnx, EngineRequest((digits,), batch, where=folder.name))
            seconds = time.perf_counter() - start
            file = f"model.sm{digits}.engine"
            (folder / file).write_bytes(engine.plan)
            entries += engine_entries(engine, file)
            alike.setdefault(_layers(onnx, engine.layers), []).append((digits, len(engine.plan), seconds))
        second = build_engine(onnx, EngineRequest(capabilities[:1], batch, where=folder.name)).plan
    except EdgefaceError as error:
        return [f"refused: {error.what[:REFUSAL]} …{' | –' * 7}"]
    first = (folder / f"model.sm{capabilities[0]}.engine").read_bytes()
    again.append(sum(one != other for one, other in zip(first, second, strict=False)) + abs(len(first) - len(second)))
    EngineList(engines=tuple(entries)).write(folder)
    return [f"{_sizes(built)} | {layers}" for layers, built in alike.items()]


def _sizes(built: list[tuple[str, int, float]]) -> str:
    from edgeface.runtimes.cuda.driver import with_point

    sizes, seconds = [size for _, size, _ in built], [spent for *_, spent in built]
    named = ", ".join(with_point(digits) for digits, *_ in built)
    return f"{named} | {_range(min(sizes) / 1000, max(sizes) / 1000, 0)} | {_range(min(seconds), max(seconds), 1)} s"


def _range(low: float, high: float, digits: int) -> str:
    ends = dict.fromkeys((f"{low:.{digits}f}", f"{high:.{digits}f}"))
    return "–".join(ends)


def _layers(onnx: bytes, layers: tuple[EngineLayer, ...]) -> str:
    """Cells on the layers of an engine."""
    from edgeface.runtimes.tensorrt.precision import float_convolutions, precision_table

    table = precision_table(onnx, layers)
    types = ", ".join(f"{count} {name}" for name, count in table.counts().items())
    left = len(float_convolutions(table))
    padding = max((node.padding for node in table.nodes if node.weighted), default=1)
    return f"{len(layers)} | {table.reformats} | {types} | {left} | ×{padding:g}"


if __name__ == "__main__":
    main()
