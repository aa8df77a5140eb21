"""The report's error by layer: a plot, its numbers, and a summary."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from edgeface.compile.build import Built
from edgeface.compile.layers import LayerErrors
from edgeface.core.description import Table
from edgeface.report.page import Layers
from edgeface.report.plot import Point, plot_layers
from edgeface.validate.layerwise import BAD_DB, EXACT_DB, Layer, first_bad
from edgeface.validate.layerwise import worst as worst_layers


def layers(built: Built, errors: LayerErrors) -> Layers:
    """The plot and table of every value's error against the exact graph.

    Args:
        built: the model, for the dtype of each value.
        errors: its values' errors.
    """
    if errors.missing:
        return Layers(missing=errors.missing)
    found, kept = errors.layers, _kept_float(built)
    points = [Point(layer.name, _db(layer), _type(built, layer, kept)) for layer in found]
    return Layers(plot_layers(points, built.target.name), _lead(found), _table(found, points))


def _kept_float(built: Built) -> frozenset[str]:
    reasons = (built.quantization or {}).get("kept_float") or {}
    return frozenset(name for names in reasons.values() for name in names)


def _type(built: Built, layer: Layer, kept: Collection[str]) -> str:
    """The dtype that a value is computed in."""
    if built.target.scheme is not None:
        return "float" if layer.name in kept else "int8"
    if built.target.half:
        return "float32" if layer.name in kept else "float16"
    return "float"


def _db(layer: Layer) -> float:
    return layer.agreement.snr_db if math.isfinite(layer.agreement.snr_db) else 0.0


def _lead(found: Sequence[Layer]) -> str:
    worst = min(found, key=lambda layer: layer.agreement.snr_db)
    steepest = next(iter(worst_layers(found, 1)), worst)
    bad = first_bad(found)
    first = f"Every value keeps {BAD_DB:g} dB or more"
    if bad is not None:
        first = f"The first value below {BAD_DB:g} dB is {bad.name}"
    lost = ""
    if steepest.drop_db > 0 and steepest.inputs_db < EXACT_DB:
        left = f"{steepest.inputs_db:.1f} dB become {steepest.agreement.snr_db:.1f} dB"
        lost = f" The largest drop is at {steepest.name}: {left}."
    return f"{first}; the minimum is {worst.agreement.snr_db:.1f} dB, at {worst.name}.{lost}"


def _table(found: Sequence[Layer], points: list[Point]) -> Table:
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
