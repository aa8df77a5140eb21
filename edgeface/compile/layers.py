"""Layerwise errors of a built model, for reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeface.backends import runtime_named
from edgeface.compile.build import Built
from edgeface.core.memory import release_memory
from edgeface.core.progress import step
from edgeface.errors import EdgefaceError
from edgeface.graph.types import Array
from edgeface.validate.layerwise import Layer, layer_agreement

MAX_MACS = 2_000_000_000
"""Limit in MACs; beyond it TFLite's reference kernels, which keep every value, take minutes."""


@dataclass(frozen=True)
class LayerErrors:
    """Agreement of every value that can be read back, in the order of the graph; `missing` says why there is none."""

    layers: tuple[Layer, ...] = ()
    missing: str = ""


def layer_errors(built: Built, model: Path, feeds: Mapping[str, Array] | None) -> LayerErrors:
    """The layerwise errors of one run with every value kept.

    Args:
        built: the model and the graph that it was emitted from.
        model: the model's file.
        feeds: one input in the graph's layout, float32; None where there was none.
    """
    if feeds is None:
        return LayerErrors(missing="There was no image to run it on.")
    macs = built.exact.macs()
    if macs > MAX_MACS:
        return LayerErrors(missing=f"Left out: {macs / 1e9:.1f} GMAC take too long with every value kept.")
    try:
        with step(f"error by layer of {built.target.name}"):
            found = layer_agreement(built.exact, model, feeds, runtime_named(built.target.runtime))
    except EdgefaceError as error:
        return LayerErrors(missing=f"Not measured: {error.what}.")
    finally:
        release_memory()  # every value of two networks was in memory
    return LayerErrors(tuple(found), "" if found else "No value between input and output can be read back.")
