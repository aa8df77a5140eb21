"""Every value of a graph from one run in ncnn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgeface.backends.ncnn.blobs import blob_name, blob_shape
from edgeface.backends.ncnn.runner import NcnnRunner
from edgeface.graph.ir import Graph
from edgeface.graph.types import Array


def ncnn_values(exact: Graph, model: Path, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """The values that are blobs: all but those inside a layer, before the activation that it applies.

    Args:
        exact: the graph that the network was emitted from.
        model: a .param file.
        feeds: its inputs, float32.

    Raises:
        InputError, RuntimeFailure: as `NcnnRunner`.
    """
    runner = NcnnRunner(model, keep=True)
    made = {name for layer in runner.network.layers for name in layer.outputs}
    names = {name: blob_name(name) for name in exact.reals if blob_name(name) in made and name not in exact.inputs}
    found = runner.blobs(feeds, names.values())
    shapes = {name: exact.type(name).shape for name in names}
    fits = {name: found[blob] for name, blob in names.items() if found[blob].shape == blob_shape(shapes[name])}
    return {name: array.reshape(shapes[name]) for name, array in fits.items()}
