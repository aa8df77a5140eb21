"""Face models in other runtimes, and other runtimes on other boards, beside what is predicted."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from board_rows import Row, rows
from fit_latency import Fitted, features
from rk3399_artifacts import SHARED
from rk3399_tables import Cell, figure, limit_ms, table

from edgeface.prediction.counted import counted, is_remembered
from edgeface.prediction.runtimes import RUNTIMES

FACES = SHARED / "rk3399" / "published_faces.csv"
ANCHORS = Path(__file__).with_name("data") / "latency_anchors.csv"
NAMES = {
    ("RetinaFace-mnet0.25", "320x240"): "RetinaFace 320×240",
    ("RetinaFace-mnet0.25", "640x480"): "RetinaFace 640×480",
    ("MobileFaceNet", "112x112"): "MobileFaceNet prelu-112x96",
}
"""The network of ours whose prediction is shown beside a published one."""
NCNN_NAMES = {
    ("MobileNet v1", "float32"): "mobilenet",
    ("MobileNet v2", "float32"): "mobilenet_v2",
    ("MobileNet v3 Large", "float32"): "mobilenet_v3",
    ("MobileNet v1", "int8"): "mobilenet_int8",
}


def faces_table(predicted: Mapping[tuple[str, str], float], ncnn: Mapping[tuple[str, str], float]) -> str:
    """Published face models on RK3399-class boards, and what ncnn is predicted to take.

    Args:
        predicted: milliseconds by network of ours and cores (A72×2), in ncnn with float32.
        ncnn: those that were published for ncnn's own networks, by network and cores.
    """
    heads = ("model", "runtime", "cores", "published ms", "ncnn-fp32, predicted ms", "published ÷ predicted")
    return table(heads, _faces(predicted, ncnn))


def _faces(
    predicted: Mapping[tuple[str, str], float], ncnn: Mapping[tuple[str, str], float]
) -> Iterator[tuple[Cell, ...]]:
    with FACES.open(encoding="utf-8", newline="") as file:
        published = list(csv.DictReader(file))
    for row in published:
        cores, model = f"{row['core']}×{row['threads']}", row["model"]
        same = {"MobileNetV1": "mobilenet"}.get(model)
        own = NAMES.get((model, row["input"]))
        ms = ncnn.get((same, cores)) if same else predicted.get((own, cores)) if own else None
        ratio = "–" if ms is None else f"{float(row['ms']) / ms:.2f}"
        what = f"{model} {row['input'].replace('x', '×')}"
        shown = "–" if ms is None else figure(ms) + (" (published for ncnn)" if same else "")
        yield what, f"{row['runtime']}, {row['device']}", cores, figure(float(row["ms"])), shown, ratio


def anchors_table() -> str:
    """XNNPACK's own figures beside those of ncnn on the same board and as many threads, scaled to its clock."""
    heads = ("network", "dtype", "XNNPACK ms", "ncnn ms, at that clock", "XNNPACK ÷ ncnn")
    return table(heads, _anchors())


def _anchors() -> Iterator[tuple[Cell, ...]]:
    for anchor in _read_anchors():
        threads = int(anchor["threads"])
        found = {row.network: row for row in rows(anchor["board"], anchor["core"], threads)}
        row = found.get(NCNN_NAMES.get((anchor["network"], anchor["dtype"]), ""))
        ms = None if row is None else at_clock(row, int(anchor["clock_khz"]))
        shown = ("–", "–") if ms is None else (figure(ms), f"{float(anchor['ms']) / ms:.2f}")
        yield anchor["network"], anchor["dtype"], figure(float(anchor["ms"])), *shown


def litert_table(
    models: Mapping[tuple[str, str], Path], macs: Mapping[str, int], fit: Fitted, remembered_only: bool
) -> str:
    """What a fit to ncnn's figures gives for LiteRT's counts, beside what XNNPACK published.

    Args:
        models: .tflite files by network and dtype.
        macs: multiply–accumulates by network.
        fit: of the cores that XNNPACK was timed on.
        remembered_only: leave out those whose counts are not kept.
    """
    heads = ("network", "dtype", "limit, ms", "XNNPACK ms", "fitted ms, at that clock", "XNNPACK ÷ fitted")
    return table(heads, _fitted(models, macs, fit, remembered_only))


def _fitted(
    models: Mapping[tuple[str, str], Path], macs: Mapping[str, int], fit: Fitted, remembered_only: bool
) -> Iterator[tuple[Cell, ...]]:
    litert = next(runtime for runtime in RUNTIMES if runtime.name == "litert")
    for anchor in _read_anchors():
        path, clock_khz = models.get((anchor["network"], anchor["dtype"])), int(anchor["clock_khz"])
        if path is not None and (not remembered_only or is_remembered(path, fit.core, litert)):
            (counts,) = counted([path], fit.core, litert)
            fitted, ms = float(np.dot(features(counts), fit.cycles)) / clock_khz, float(anchor["ms"])
            limit = limit_ms(macs[anchor["network"]], anchor["dtype"], clock_khz, fit.threads)
            yield (anchor["network"], anchor["dtype"], *map(figure, (limit, ms, fitted)), f"{ms / fitted:.2f}")


def _read_anchors() -> list[dict[str, str]]:
    with ANCHORS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def at_clock(row: Row, clock_khz: int) -> float:
    """Milliseconds at another clock, if all cycles are of the cores; memory does not slow down with them."""
    return row.ms * row.clock_khz / clock_khz
