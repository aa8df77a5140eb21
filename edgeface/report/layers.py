"""Error by layer: every value that can be read back from the model, against the exact graph."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.backends import runtime_named
from edgeface.compile.build import Built
from edgeface.core.description import Table
from edgeface.core.progress import step
from edgeface.errors import EdgefaceError
from edgeface.report.page import Layers
from edgeface.report.plot import Point, plot_layers
from edgeface.validate.layerwise import BAD_DB, Layer, layer_agreement

MAX_MACS = 2_000_000_000
"""TFLite's reference kernels, which keep every value, take minutes beyond."""


def layers(built: Built, model: Path, feeds: dict[str, NDArray[np.float32]]) -> Layers:
    """Run the model once with every value kept, and draw how far each is from the exact graph's.

    Args:
        built: the model and the graph that it was emitted from.
        model: the model's file.
        feeds: one input in the graph's own layout, float32.
    """
    if built.exact.macs() > MAX_MACS:
        return Layers(missing=f"Left out: {built.exact.macs() / 1e9:.1f} GMAC take too long with every value kept.")
    try:
        with step(f"error by layer of {built.target.name}"):
            found = layer_agreement(built.exact, model, feeds, runtime_named(built.target.runtime))
    except EdgefaceError as error:
        return Layers(missing=f"Not measured: {error.what}.")
    if not found:
        return Layers(missing="No value between input and output can be read back.")
    kept = _kept_float(built)
    points = [Point(layer.name, _db(layer), _type(built, layer, kept)) for layer in found]
    return Layers(plot_layers(points, built.target.name), _lead(found), _table(found, points))


def _kept_float(built: Built) -> frozenset[str]:
    reasons = (built.quantization or {}).get("kept_float") or {}
    return frozenset(name for names in reasons.values() for name in names)


def _type(built: Built, layer: Layer, kept: Collection[str]) -> str:
    """What a value is computed in."""
    if built.target.scheme is not None:
        return "float" if layer.name in kept else "int8"
    if built.target.half:
        return "float32" if layer.name in kept else "float16"
    return "float"


def _db(layer: Layer) -> float:
    return layer.agreement.snr_db if math.isfinite(layer.agreement.snr_db) else 0.0


def _lead(found: list[Layer]) -> str:
    worst = min(found, key=lambda layer: layer.agreement.snr_db)
    steepest = max(found, key=lambda layer: layer.drop_db)
    bad = next((layer for layer in found if layer.agreement.snr_db < BAD_DB), None)
    first = f"Every value keeps {BAD_DB:g} dB or more"
    if bad is not None:
        first = f"The first value below {BAD_DB:g} dB is {bad.name}"
    lost = ""
    if steepest.drop_db > 0 and steepest.inputs_db < 100:
        left = f"{steepest.inputs_db:.1f} dB become {steepest.agreement.snr_db:.1f} dB"
        lost = f" Most is lost at {steepest.name}: {left}."
    return f"{first}; the least is {worst.agreement.snr_db:.1f} dB, at {worst.name}.{lost}"


def _table(found: list[Layer], points: list[Point]) -> Table:
    rows = tuple(
        (
            layer.node,
            point.kind,
            f"{layer.agreement.snr_db:.1f}",
            f"{layer.agreement.max_abs:.2g}",
            f"{layer.agreement.cosine:.6f}",
        )
        for layer, point in zip(found, points, strict=True)
    )
    header = ("value", "computed in", "SNR dB", "largest difference", "cosine")
    return Table("Error of every value, in the order of the graph", header, rows, left=2)
