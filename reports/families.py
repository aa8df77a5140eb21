"""Make reports/families.md: `python reports/families.py`; how each family's network comes out of every target.

Rows are kept in a file, so that an interrupted run goes on where it stopped; `--again NAME` measures one anew.
"""

from __future__ import annotations

import argparse
import datetime
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from subjects import ROOT, SHARED

from edgeface.backends import runtime_named, target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.request import EngineRequest
from edgeface.budgets.check import check
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.job import Job
from edgeface.compile.open_job import open_job
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.compile.told import with_told_model
from edgeface.errors import EdgefaceError, GraphError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.images.split import Images, read_images
from edgeface.models import families
from edgeface.models._random_weights import settle_statistics
from edgeface.tasks import task_of

TARGETS = ("onnx-fp32", "tflite-fp32", "tflite-int8", "tensorrt-fp16")
REAL = {
    "face_slim:1mb": "weights/face_slim_landmark.pth",
    "face_rfb:1mb": "weights/face_rfb_landmark.pth",
    "retinaface_mnet025:official": "weights/retinaface_mnet025_official.pth",
    "mobilefacenet:relu6-128": "weights/mobilefacenet_relu6_128.pt",
    "mobilefacenet:prelu-112x96": "weights/mobilefacenet_prelu_112x96.ckpt",
    "blazeface:mediapipe": "onnx/blazeface_hollance.pth",
}
"""The subjects with real weights; all others are seeded."""

PUBLISHED = {
    "iresnet:r18": 5.216e9,
    "iresnet:r34": 8.914e9,
    "iresnet:r50": 12.613e9,
    "iresnet:r100": 24.170e9,
    "vargfacenet:x1.25": 1.0224e9,
    "mobilefacenet:y1": 439.8e6,
    "mobilefacenet:y1-512": 440.2e6,
    "mobilefacenet:y2": 933.3e6,
    "retinaface_mnet025:official": 1.465432e9,
    "ghostfacenet:v1-s2": 2 * 60.3e6,
    "ghostfacenet:v1-s1": 2 * 215.7e6,
    "ghostfacenet:v2-s2": 2 * 76.5e6,
    "ghostfacenet:v2-s1": 2 * 272.1e6,
}
"""LFR FLOPs as published; a publication that counts multiply-adds is doubled."""

LEFT_OUT = frozenset(
    {
        *("ir_face:irse101", "ir_face:ir50", "ir_face:ir101", "ir_face:curricular-ir50", "ir_face:curricular-irse50"),
        *("ir_face:curricular-irse101", "ir_face:adaface-ir34", "ir_face:adaface-ir50", "ir_face:adaface-ir101"),
        "cr_fiqa:r100",
    }
)
"""Networks of which others have the same layers, in other numbers."""

CALIBRATE, JUDGE, SETTLE = 16, 4, 4
GPU = "86"


def main() -> None:
    """Measure what is not yet measured, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, default=Path(tempfile.gettempdir()) / "edgeface_families.json")
    parser.add_argument("--again", action="append", default=[], metavar="NAME")
    parser.add_argument("--only", default="", help="measure only subjects that begin so")
    parser.add_argument("--targets", default=",".join(TARGETS), help="measure only these; others later")
    parser.add_argument("--engine", action="store_true", help="build TensorRT engines too, where that is possible")
    options = parser.parse_args()
    rows: dict[str, Any] = json.loads(options.rows.read_text()) if options.rows.exists() else {}
    for name in _subjects():
        known = {} if name in options.again else rows.get(name, {})
        missing = tuple(each for each in options.targets.split(",") if each not in known)
        if name.startswith(options.only) and missing:
            print(name, file=sys.stderr, flush=True)
            rows[name] = known | _measure(name, missing, options.engine)
            options.rows.write_text(json.dumps(rows, indent=1))
    (ROOT / "reports" / "families.md").write_text(_report(rows), encoding="utf-8")


def _subjects() -> Iterator[str]:
    for name, found in families().items():
        networks = set()
        for variant, contract in found.variants().items():
            if contract.network not in networks and f"{name}:{variant}" not in LEFT_OUT:
                networks.add(contract.network)
                yield f"{name}:{variant}"


def _measure(name: str, targets: Sequence[str], engine: bool) -> dict[str, Any]:
    family, variant = name.split(":")
    row: dict[str, Any] = {"weights": Path(REAL[name]).name if name in REAL else "seed 1"}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        files = _photographs(families()[family].task, work)
        images = Images(tuple(files[:-JUDGE]), tuple(files[-JUDGE:]))
        weights = SHARED / REAL[name] if name in REAL else _seeded(family, variant, files, work / "seeded.pth")
        request = with_told_model(ExportRequest("", TARGETS, weights, variant))
        if request.model != family:
            raise SystemExit(f"the weights of {name} are told as those of {request.model}")
        job = replace(open_job(request, requested_recipe(request), Images()), images=images)
        row |= _complexity(job, work)
        feeds = [_feed(job, image) for image in read_images(files[-JUDGE:], "reading images")]
        wanted = [dict(job.source.reference.run(feed)) for feed in feeds]
        stats = None
        for each in targets:
            started = time.perf_counter()
            try:
                if target(each).scheme is not None:
                    stats = calibrate(job)
                row[each] = _compared(job, each, stats, _Judged(work, feeds, wanted), engine)
            except EdgefaceError as error:
                row[each] = {"refused": error.what}
            row[each]["seconds"] = round(time.perf_counter() - started, 1)
    return row


def _photographs(task: str, work: Path) -> list[Path]:
    """Files that calibrate, and then files that judge: scenes, or LFW's faces cropped to 112×112."""
    if task != "recognition":
        found = sorted((SHARED / "scenes").iterdir())
        return found[:: len(found) // (CALIBRATE + JUDGE)][: CALIBRATE + JUDGE]
    stored = np.load(SHARED / "lfw" / "extra_250.npz")
    offsets, blob, made = stored["off"], stored["blob"], []
    for number in range(CALIBRATE + JUDGE):
        start, end = offsets[211 * number : 211 * number + 2]
        path = work / f"face{number}.png"
        Image.open(io.BytesIO(blob[start:end].tobytes())).crop((69, 69, 181, 181)).save(path)
        made.append(path)
    return made


def _seeded(name: str, variant: str, files: Sequence[Path], path: Path) -> Path:
    """A checkpoint of seeded weights whose batch norms have the statistics of a few photographs."""
    family = families()[name]
    contract = family.variants()[variant]
    module = family.random(contract, 1)
    prepared = [task_of(contract).prepare(image, contract).tensor for image in read_images(files[:SETTLE], "settling")]
    settle_statistics(module, torch.from_numpy(np.concatenate(prepared)))
    torch.save({"state_dict": module.state_dict()}, path)
    return path


def _feed(job: Job, image: Any) -> dict[str, Array]:
    contract = job.source.contract
    return {contract.input.name: task_of(contract).prepare(image, contract).tensor}


def _complexity(job: Job, work: Path) -> dict[str, Any]:
    path = work / "network.onnx"
    path.write_bytes(job.source.onnx)
    try:
        found = check(path).complexity
    except GraphError:  # sizes that torch's exporter leaves to be computed
        path.write_bytes(write_onnx(read_onnx(job.source.onnx)))
        found = check(path).complexity
    return {"flops": found.lfr_flops, "parameters": found.parameters}


@dataclass(frozen=True)
class _Judged:
    """A folder for models, the judging images, and torch's outputs for them."""

    work: Path
    feeds: Sequence[Mapping[str, Array]]
    wanted: Sequence[Mapping[str, Array]]


def _compared(job: Job, name: str, stats: Any, judged: _Judged, engine: bool) -> dict[str, Any]:
    """What a target's model gives for the judging images, against torch."""
    wanted_target = target(name)
    built = build(job, wanted_target, stats)
    folder = judged.work / name
    folder.mkdir()
    runner = FloatRunner(runtime_named(wanted_target.runtime).open(built.write(folder), 1), wanted_target.layout)
    pairs = list(zip([runner.run(feed) for feed in judged.feeds], judged.wanted, strict=True))
    row = {
        "kB": round(len(built.model) / 1e3),
        "relative": max(_relative(f[key], w[key]) for f, w in pairs for key in w),
        "cosine": {key: float(np.mean([_cosine(f[key], w[key]) for f, w in pairs])) for key in pairs[0][1]},
    }
    if engine and wanted_target.finish is not None:
        made = build_engine(built.model, EngineRequest((GPU,)))
        row["engine"] = f"{made.library} {made.version}: {len(made.layers)} layers"
    return row


def _relative(found: Array, wanted: Array) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def _cosine(found: Array, wanted: Array) -> float:
    a, b = found.ravel().astype(np.float64), wanted.ravel().astype(np.float64)
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def _report(rows: Mapping[str, Any]) -> str:
    listed = ", ".join(f"{name} {version(name)}" for name in ("edgeface", "torch", "onnxruntime", "ai-edge-litert"))
    head = ["family: variant", "weights", "parameters", "LFR FLOPs", "published", *TARGETS]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for name in _subjects():
        if name in rows:
            row = rows[name]
            published = f"{PUBLISHED[name] / 1e6:,.1f} M" if name in PUBLISHED else "–"
            cells = [
                name,
                row["weights"],
                f"{row['parameters'] / 1e6:.2f} M",
                f"{row['flops'] / 1e6:,.1f} M",
                published,
            ]
            lines.append(f"| {' | '.join([*cells, *(_cell(each, row.get(each, {})) for each in TARGETS)])} |")
    return f"""# Families: what every target makes of them

Made by `.venv/bin/python reports/families.py --engine` on {datetime.date.today()}; {listed}.

Each network with real weights where there are public ones here, else with seeded weights whose batch norms have the
statistics of {SETTLE} photographs; both from a file, whose tensors tell the family. {CALIBRATE} photographs calibrate,
{JUDGE} others judge, against torch. Float targets: the largest error of any output in units of that output's largest
value; int8: the cosine with torch's outputs, mean over the images, of the output where it is smallest. In brackets the
model's size; variants that differ from a measured one by their number of layers alone are left out. `tensorrt-fp16` is
the ONNX in float16 that engines are built from, run here. LFR FLOPs are counted by `edgeface check` on the original
definition; publications that count multiply-adds are doubled.

{chr(10).join(lines)}
"""


def _cell(name: str, row: Mapping[str, Any]) -> str:
    if not row:
        return "not yet measured"
    if "refused" in row:
        return f"refused: {row['refused']}"
    figure = (
        f"cosine {min(row['cosine'].values()):.4f}" if target(name).scheme is not None else f"{row['relative']:.1e}"
    )
    engine = f"; engine: {row['engine'].partition(': ')[2]}" if "engine" in row else ""
    return f"{figure} ({row['kB']:,} kB{engine})"


if __name__ == "__main__":
    main()
