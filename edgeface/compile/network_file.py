"""A user's ONNX file as it is run before its contract is known: one image input, outputs of static shapes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.operators_first import operators_first
from edgeface.compile.raw_outputs import raw_outputs
from edgeface.contracts.image_input import MAX_SIDE_PX, MIN_SIDE_PX
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import parse_onnx
from edgeface.graph.onnx_steps.prepare import prepare
from edgeface.graph.types import Array
from edgeface.models.effective_input import EffectiveInput, effective_input
from edgeface.tasks.undeclared import NetworkFile

USUAL_SIZE = (640, 640)
"""Height and width in pixels at which a file of open size is run where the user names none."""

_LAYOUTS = ("nchw", "nhwc")


@dataclass(frozen=True)
class OpenFile:
    """A file and how to run it.

    Attributes:
        file: what it shows of itself.
        run: the network on a float32 image [1,C,H,W], outputs by name.
        size_from: "declared" by the user, "file", or "usual" where the file takes any size.
        pinned: the shape of its input as it is stored.
    """

    file: NetworkFile
    run: Callable[[Array], dict[str, Array]]
    size_from: str
    pinned: tuple[int, ...]

    def forward(self, contract: Any, tensor: Array) -> dict[str, Array]:  # noqa: ARG002
        """The network on a tensor; it is the same under every contract."""
        return self.run(tensor)


def open_file(path: Path, size: tuple[int, int] | None = None, inside: bool = False) -> OpenFile:
    """The network of an ONNX file, at batch 1.

    Args:
        path: an .onnx file.
        size: height and width of the input in pixels, instead of those that the file declares.
        inside: whether to look for a detector's raw outputs inside the graph, in place of what it makes of them.

    Raises:
        InputError: the file is no ONNX model, or has not exactly one image as input.
        GraphError, RuntimeFailure: the model is invalid, or ONNX Runtime refuses it.
    """
    model = parse_onnx(path)
    found = effective_input(model)
    if found is None or found.layout not in _LAYOUTS:
        raise InputError(
            "the model has not exactly one image as input, with a batch axis and 1 or 3 channels",
            where=str(path),
            fix="export the model with one input [1, 3, height, width]",
        )
    height, width = size or tuple(own or usual for own, usual in zip(found.size, USUAL_SIZE, strict=True))
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in (height, width)):
        raise InputError(
            f"the input is {height}×{width} pixels, not {MIN_SIDE_PX} to {MAX_SIDE_PX} a side",
            where=str(path),
            fix="pass --input HEIGHTxWIDTH with the size that is meant",
        )
    sides = {"n": 1, "c": found.channels, "h": height, "w": width}
    pinned = tuple(sides[axis] for axis in found.layout)
    prepared = prepare(model, str(path), {found.name: pinned}).model
    if inside:
        prepared = raw_outputs(prepared, (found.name, pinned), (height, width)) or prepared
    folded = effective_input(prepared, found.dtype) or found
    for value in prepared.graph.output:
        value.type.tensor_type.ClearField("shape")  # onnxsim makes one unknown side of it
    with operators_first(path, {found.name: pinned}):
        runner = OrtRunner(prepared.SerializeToString(deterministic=True))

    def run(tensor: Array) -> dict[str, Array]:
        placed = tensor if found.layout == "nchw" else np.ascontiguousarray(tensor.transpose(0, 2, 3, 1))
        return runner.run({found.name: placed})

    outputs = run(np.zeros((1, found.channels, height, width), np.float32))
    shapes = {name: tuple(array.shape) for name, array in outputs.items()}
    shown = network_file(path, folded, (height, width), shapes)
    return OpenFile(shown, run, "declared" if size else "file" if 0 not in found.size else "usual", pinned)


def network_file(
    path: Path, found: EffectiveInput, size: tuple[int, int], outputs: dict[str, tuple[int, ...]]
) -> NetworkFile:
    """A file as it is run, at a size in pixels, with the shapes of its outputs."""
    return NetworkFile(
        name=path.stem,
        input=found.name,
        height=size[0],
        width=size[1],
        channels=found.channels,
        outputs=outputs,
        takes=found.takes,
        reversed_channels=found.reversed_channels,
        said=found.said,
        stored={} if found.layout == "nchw" else {"layout": found.layout},
    )
