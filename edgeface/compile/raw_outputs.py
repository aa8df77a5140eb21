"""Find a detector's raw outputs inside a graph that goes on to decode and suppress them itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.graph.onnx_steps.float_heads import behind_layers, layer_outputs, with_outputs
from edgeface.tasks.detection.decoders import recognized

if TYPE_CHECKING:
    import onnx

Shapes = Mapping[str, tuple[int, ...]]
_MOST = 3
_MAX_SHAPES = 24


def raw_outputs(
    model: onnx.ModelProto, image: tuple[str, tuple[int, ...]], size: tuple[int, int]
) -> onnx.ModelProto | None:
    """The model with values behind its last layers as outputs that some decoder is for; None if there are none.

    Args:
        model: with static sizes; it is not changed.
        image: name and shape of its input.
        size: height and width of the input in pixels.

    Raises:
        RuntimeFailure: ONNX Runtime refuses the model.
    """
    copies = [type(model).FromString(model.SerializeToString()) for _ in range(2)]
    probe = with_outputs(copies[0], behind_layers(model))
    if not probe.graph.output:
        return None
    runner = OrtRunner(probe.SerializeToString(deterministic=True), optimize=False)
    found = runner.run({image[0]: np.zeros(image[1], np.float32)})
    shapes = {name: tuple(array.shape) for name, array in found.items() if array.dtype == np.float32 and array.size > 1}
    for names in _sets(shapes, layer_outputs(model)):
        if recognized({name: shapes[name] for name in names}, *size):
            return with_outputs(copies[1], names)
    return None


def _sets(shapes: Shapes, heads: Sequence[str]) -> Iterator[Sequence[str]]:
    """What may be all the outputs: those of the last layers, or a few values of different shapes, the rawest first."""
    yield [name for name in heads if name in shapes]
    rawest = {shape: name for name, shape in reversed(list(shapes.items())) if len(shape) > 1}
    ordered = [name for name in shapes if rawest.get(shapes[name]) == name][:_MAX_SHAPES]
    for count in range(_MOST, 0, -1):
        yield from combinations(ordered, count)
