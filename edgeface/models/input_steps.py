"""Ops at the head of a graph that map an image's pixels to pixels, and what each does to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.graph.types import Array

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Affine:
    """An image on its way: each channel is `factor` · pixel + `offset` of one of the input's channels.

    `axes` is the order of the sides; `order`, `factor` and `offset` have an entry for each channel as it stands now,
    and `order` names the input's channel that it comes from.
    """

    axes: str
    order: tuple[int, ...]
    factor: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def identity(cls, axes: str, channels: int) -> Affine:
        """The image as it is fed."""
        return cls(axes, tuple(range(channels)), np.ones(channels), np.zeros(channels))

    def mapped(self, factor: Any, offset: Any) -> Affine:
        """The image after factor · x + offset, per channel."""
        return replace(self, factor=self.factor * factor, offset=self.offset * factor + offset)

    def chosen(self, channels: Sequence[int]) -> Affine:
        """The image with its channels in another order."""
        index = list(channels)
        return replace(
            self, order=tuple(self.order[i] for i in index), factor=self.factor[index], offset=self.offset[index]
        )

    def mean_and_scale(self) -> tuple[list[float], list[float]]:
        """(x − mean) · scale for each channel of the input, in its order."""
        back = np.argsort(self.order)
        factor, offset = self.factor[back], self.offset[back]
        safe = np.where(factor == 0, 1.0, factor)
        return (-offset / safe + 0.0).tolist(), factor.tolist()


Step: TypeAlias = Callable[[Affine, "onnx.NodeProto", Sequence[Array | None]], Affine | None]
"""The image after a node; None where the node does more than map pixels. Constants are given, None is the image."""


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    from onnx import helper

    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _per_channel(image: Affine, constant: Array) -> NDArray[np.float64] | None:
    """A constant that is the same for every pixel, as a number for each channel."""
    if constant.ndim > len(image.axes):
        return None
    shape = (1,) * (len(image.axes) - constant.ndim) + constant.shape
    channel = image.axes.index("c")
    if any(side != 1 for axis, side in enumerate(shape) if axis != channel):
        return None
    if shape[channel] not in {1, len(image.order)}:
        return None
    return np.broadcast_to(np.asarray(constant, np.float64).reshape(-1), (len(image.order),))


def _arithmetic(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:
    constant = next(value for value in arguments if value is not None)
    first = arguments[0] is None
    number = _per_channel(image, constant)
    if number is None:
        return None
    match node.op_type:
        case "Add":
            return image.mapped(1.0, number)
        case "Mul":
            return image.mapped(number, 0.0)
        case "Sub":
            return image.mapped(1.0, -number) if first else image.mapped(-1.0, number)
        case _:
            return image.mapped(1 / number, 0.0) if first and np.all(number != 0) else None


def _same(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:  # noqa: ARG001
    return image if arguments[0] is None else None


def _transposed(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:  # noqa: ARG001
    order = _attributes(node).get("perm", list(range(len(image.axes)))[::-1])
    if sorted(order) != list(range(len(image.axes))):
        return None
    return replace(image, axes="".join(image.axes[axis] for axis in order))


def _unsqueezed(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:
    given = arguments[1] if len(arguments) > 1 else _attributes(node).get("axes")
    axes = [] if given is None else [int(axis) for axis in np.asarray(given).ravel()]
    if axes not in ([0], [-len(image.axes) - 1]) or "n" in image.axes:
        return None
    return replace(image, axes=f"n{image.axes}")


def _gathered(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:
    axis, index = _attributes(node).get("axis", 0), arguments[1]
    if arguments[0] is not None or index is None or axis % len(image.axes) != image.axes.index("c"):
        return None
    channels = [int(i) % len(image.order) for i in np.asarray(index).ravel()]
    return image.chosen(channels) if sorted(channels) == list(range(len(image.order))) else None


def _sliced(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:  # noqa: ARG001
    """Only a slice that turns the channels round: start at the last, step −1."""
    if len(arguments) < 5 or any(value is None or value.size != 1 for value in arguments[1:5]):
        return None
    start, end, axis, step = (int(value.ravel()[0]) for value in arguments[1:5] if value is not None)
    count = len(image.order)
    if axis % len(image.axes) != image.axes.index("c") or step != -1:
        return None
    from_last = start == -1 or start >= count - 1
    return image.chosen(range(count)[::-1]) if from_last and end < -count else None


def _normalized(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:
    if arguments[0] is not None or image.axes.index("c") != 1:
        return None
    parts = [np.asarray(value, np.float64) for value in arguments[1:5] if value is not None]
    if [part.shape for part in parts] != [(len(image.order),)] * 4:
        return None
    gamma, beta, mean, variance = parts
    factor = gamma / np.sqrt(variance + _attributes(node).get("epsilon", 1e-5))
    return image.mapped(factor, beta - mean * factor)


def _convolved(image: Affine, node: onnx.NodeProto, arguments: Sequence[Array | None]) -> Affine | None:
    """Only a 1×1 convolution that gives each channel a factor and an offset, or another place."""
    weight, count = arguments[1], len(image.order)
    given = _attributes(node)
    plain = all(v == 1 for v in given.get("strides", [1])) and not any(given.get("pads", [0]))
    if arguments[0] is not None or weight is None or not plain or image.axes[:2] != "nc":
        return None
    if weight.ndim < 3 or weight.shape[0] != count or not weight.size or any(side != 1 for side in weight.shape[2:]):
        return None
    given_bias = arguments[2] if len(arguments) > 2 else None
    bias = np.zeros(count) if given_bias is None else given_bias
    if bias.shape != (count,):
        return None
    matrix = weight.reshape(count, -1).astype(np.float64)
    if given.get("group", 1) == count:
        return image.mapped(matrix[:, 0], np.asarray(bias, np.float64))
    chosen = np.argmax(np.abs(matrix), axis=1)
    if matrix.shape[1] != count or sorted(chosen) != list(range(count)) or np.count_nonzero(matrix) != count:
        return None
    return image.chosen(chosen.tolist()).mapped(matrix[range(count), chosen], np.asarray(bias, np.float64))


TAKEN: Mapping[str, int] = MappingProxyType(
    {**dict.fromkeys(("Add", "Sub", "Mul", "Div", "Gather", "Conv"), 2), "BatchNormalization": 5}
)
"""How many arguments an op has at least, where that is more than one."""

STEPS: Mapping[str, Step] = MappingProxyType(
    {
        **dict.fromkeys(("Add", "Sub", "Mul", "Div"), _arithmetic),
        **dict.fromkeys(("Cast", "Identity", "Dropout", "Resize", "Upsample", "Pad"), _same),
        "Transpose": _transposed,
        "Unsqueeze": _unsqueezed,
        "Gather": _gathered,
        "Slice": _sliced,
        "BatchNormalization": _normalized,
        "Conv": _convolved,
    }
)
