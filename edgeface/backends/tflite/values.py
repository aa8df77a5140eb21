"""Read all values of a .tflite model that have the name of a value in the exact graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.float_io import FloatRunner, dequantize
from edgeface.backends.tflite.layout import assign_layout
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array


def tflite_values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The values of one run with the reference kernels, dequantized, in the graph's layout.

    Args:
        exact: the graph that the model was emitted from.
        model: a .tflite file.
        feeds: its inputs in the graph's layout, float32.

    Raises:
        InputError, RuntimeFailure: as `LiteRtRunner`.
    """
    runner = LiteRtRunner(model, kernels="reference", preserve_all=True)
    FloatRunner(runner, "nhwc").run(feeds)
    orders = assign_layout(exact)
    found: dict[str, Array] = {}
    for index, spec in runner.tensors().items():
        if spec.name in orders and spec.name not in exact.inputs:
            order, shape = orders[spec.name], exact.type(spec.name).shape
            array = dequantize(runner.tensor(index), spec)
            if array.shape == tuple(shape[axis] for axis in order):
                found[spec.name] = array.transpose([order.index(axis) for axis in range(len(order))])
    return found
