"""Inspect an ncnn network: its layers, and those that only move data."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgeface.backends.ncnn.files import read_network
from edgeface.backends.runtime import Inspection

INTEGER = frozenset({"Convolution", "ConvolutionDepthWise", "InnerProduct"})
"""Layers whose parameter 8 says that they compute in int8."""


def inspect_ncnn(model: Path) -> Inspection:
    """Layers by type of a .param file.

    Raises:
        InputError: the file is not one.
    """
    network = read_network(model)
    layers = Counter(layer.kind for layer in network.layers if layer.kind not in {"Input", "Split"})
    facts = {"operators": dict(sorted(layers.items())), "transposes": layers["Permute"]}
    facts["integer_layers"] = sum(layer.params.get(8, 0) != 0 for layer in network.layers if layer.kind in INTEGER)
    return Inspection({**facts, "storage": "bfloat16" if network.bfloat16 else "float32"})
