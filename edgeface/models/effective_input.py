"""What a model file's graph itself does to its image: layout, channel order and normalization.

Exporters put transposes, channel flips and (x − mean) · scale into the graph; a contract that repeats them outside
feeds the network something that it never saw. The input is followed through all that maps pixels to pixels, up to the
first node that mixes or decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from edgeface.graph.onnx_reader import stored_array
from edgeface.graph.types import Array
from edgeface.models.input_steps import STEPS, TAKEN, Affine

if TYPE_CHECKING:
    import onnx

Takes = Literal["pixels", "unit", "open"]
_PIXEL_ZERO, _UNIT_ZERO = (16.0, 240.0), (0.05, 0.95)
_INTEGERS = ("uint8", "int8")
_MAX_PIXEL_SCALE, _MIN_UNIT_SCALE = 0.1, 50.0


@dataclass(frozen=True)
class EffectiveInput:
    """A file's one image input, and what the graph does to it before anything else.

    Attributes:
        name: as the file calls it.
        shape: as declared; 0 where a side is open.
        dtype: ONNX's name for it, e.g. "float", "uint8".
        layout: "nchw", "nhwc", or "hwc" and "chw" without a batch; "" where no side tells the channels.
        reversed_channels: the graph turns the order of the channels round.
        mean: for each channel of the file's input, subtracted in the graph; on the scale of the file's values.
        scale: for each channel, multiplied in the graph after that.
        takes: "pixels" where the normalization in the graph is for values 0 to 255, "unit" where it is for 0 to 1, and
            "open" where the graph has none and says nothing.
        nodes: the ops that were followed, in order.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    layout: str
    reversed_channels: bool = False
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    takes: Takes = "open"
    nodes: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        """Channels of the image; 0 where no side tells."""
        return self.shape[self.layout.index("c")] if self.layout else 0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels as declared; 0 where open."""
        if not self.layout:
            return 0, 0
        return self.shape[self.layout.index("h")], self.shape[self.layout.index("w")]

    @property
    def said(self) -> str:
        """What the graph does, in words; empty where it does nothing."""
        parts = []
        if "Transpose" in self.nodes:
            parts.append(f"transposes its {self.layout.upper()} input")
        if self.reversed_channels:
            parts.append("reverses the channels")
        if self.takes != "open":
            means, scales = (", ".join(f"{v:.4g}" for v in each) for each in (self.mean, self.scale))
            span = "0 to 255" if self.takes == "pixels" else "0 to 1"
            parts.append(f"normalizes values of {span} itself (mean {means}, scale {scales})")
        return " and ".join(parts)


def effective_input(model: onnx.ModelProto, dtype: str | None = None) -> EffectiveInput | None:
    """What the graph does to its image; None where the model has not exactly one input that is read.

    Args:
        model: constants are initializers or Constant nodes.
        dtype: of the file's input, where the model given is one that was prepared for reading.
    """
    import onnx

    constants = dict(_constants(model))
    read = {name for node in model.graph.node for name in node.input}
    inputs = [value for value in model.graph.input if value.name not in constants and value.name in read]
    if len(inputs) != 1:
        return None
    value = inputs[0]
    shape = tuple(dim.dim_value if dim.HasField("dim_value") else 0 for dim in value.type.tensor_type.shape.dim)
    dtype = dtype or onnx.TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    layout = _layout(shape)
    if not layout:
        return EffectiveInput(value.name, shape, dtype, layout)
    reached, nodes = _followed(model, value.name, Affine.identity(layout, shape[layout.index("c")]), constants)
    order = reached.order
    mean, scale = reached.mean_and_scale()
    return EffectiveInput(
        value.name,
        shape,
        dtype,
        layout,
        len(order) > 1 and order == tuple(range(len(order)))[::-1],
        tuple(mean),
        tuple(scale),
        "pixels" if dtype in _INTEGERS else _takes(np.array(mean), np.array(scale)),
        tuple(nodes),
    )


def _constants(model: onnx.ModelProto) -> Iterator[tuple[str, Array]]:
    for tensor in model.graph.initializer:
        yield tensor.name, stored_array(tensor, "ONNX model")
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
            yield node.output[0], stored_array(node.attribute[0].t, "ONNX model")


def _layout(shape: tuple[int, ...]) -> str:
    """The order of the sides, told by the one that can be channels: the first or the last of an image."""
    if len(shape) not in {3, 4}:
        return ""
    batch, sides = ("n", shape[1:]) if len(shape) == 4 else ("", shape)
    for order, side in (("chw", sides[0]), ("hwc", sides[2])):
        if side == 3:
            return batch + order
    for order, side in (("chw", sides[0]), ("hwc", sides[2])):
        if side == 1:
            return batch + order
    return ""


def _followed(
    model: onnx.ModelProto, name: str, state: Affine, constants: dict[str, Array]
) -> tuple[Affine, list[str]]:
    """The state of the image at the last node that maps pixels to pixels, and the ops passed."""
    passed: list[str] = []
    outputs = {value.name for value in model.graph.output}
    while name not in outputs:
        readers = [node for node in model.graph.node if name in node.input]
        if len(readers) != 1 or readers[0].op_type not in STEPS:
            break
        node = readers[0]
        arguments = [None if each == name else constants.get(each) for each in node.input]
        if not _is_of_constants(node, name, arguments):
            break
        after = STEPS[node.op_type](state, node, arguments)
        if after is None:
            break
        state, name = after, node.output[0]
        passed.append(node.op_type)
    return state, passed


def _is_of_constants(node: onnx.NodeProto, image: str, arguments: Sequence[Array | None]) -> bool:
    """Whether a node has the image as one argument, and constant numbers as all others."""
    known = [value for each, value in zip(node.input, arguments, strict=True) if each not in {image, ""}]
    return (
        list(node.input).count(image) == 1
        and len(arguments) >= TAKEN.get(node.op_type, 1)
        and all(value is not None and value.dtype.kind in "fiu" for value in known)
    )


def _takes(mean: Array, scale: Array) -> Takes:
    """For which values a normalization is made: its zero lies within the range that it is for."""
    if np.allclose(mean, 0) and np.allclose(scale, 1):
        return "open"
    size = float(np.abs(scale).max())
    if np.all(np.abs(mean) < 1e-3):
        return "pixels" if size <= _MAX_PIXEL_SCALE else "unit" if size >= _MIN_UNIT_SCALE else "open"
    if np.all((mean >= _PIXEL_ZERO[0]) & (mean <= _PIXEL_ZERO[1])):
        return "pixels"
    return "unit" if np.all((mean >= _UNIT_ZERO[0]) & (mean <= _UNIT_ZERO[1])) else "open"
