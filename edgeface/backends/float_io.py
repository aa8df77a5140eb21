"""Float32 interface to any runner, with images in NCHW."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.runtime import Fillable, Runner, TensorSpec
from edgeface.errors import InputError
from edgeface.graph.types import Array

LAYOUTS = ("nchw", "nhwc")
_IMAGE_RANK = 4


class FloatRunner:
    """A runner with float32 inputs and outputs, images and maps (rank 4) in NCHW.

    They are transposed if the model has NHWC; integer inputs are quantized and integer outputs dequantized with the
    scale and zero point of their TensorSpec. Tensors of other ranks keep the model's axes.

    Args:
        runner: the model.
        layout: "nchw" or "nhwc", the memory order of its rank-4 inputs and outputs (`manifest.layout`).

    Raises:
        InputError: the layout is unknown.
    """

    def __init__(self, runner: Runner, layout: str = "nchw") -> None:
        if layout not in LAYOUTS:
            raise InputError(f"unknown layout {layout!r}", fix=f"use one of {', '.join(LAYOUTS)}")
        self.runner = runner
        self._nhwc = layout == "nhwc"
        self.inputs: tuple[TensorSpec, ...] = tuple(self._logical(spec) for spec in runner.inputs)
        self.outputs: tuple[TensorSpec, ...] = tuple(self._logical(spec) for spec in runner.outputs)

    @property
    def channels_last(self) -> bool:
        """Whether the model reads images as [N,H,W,C]: a feed that lies so in memory need not be turned."""
        return self._nhwc

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once on float32 arrays; images are [N,C,H,W].

        Raises:
            InputError: a feed for an integer input holds NaN.
            RuntimeFailure: a feed does not match, or the runtime fails.
        """
        stored = {name: self._stored(name, array) for name, array in feeds.items()}
        return self._found(self.runner.run(stored))

    @property
    def is_fillable(self) -> bool:
        """Whether `run_filled` works: the runtime can, and its only input is float32."""
        inputs = self.runner.inputs
        return isinstance(self.runner, Fillable) and len(inputs) == 1 and inputs[0].dtype == "float32"

    def run_filled(self, fill: Callable[[Array], object]) -> dict[str, Array]:
        """Run once on an input that `fill` overwrites wholly, float32 [1,C,H,W] where the runtime reads it.

        Raises:
            RuntimeFailure: the runtime fails.
        """
        assert isinstance(self.runner, Fillable)
        spec = self.runner.inputs[0]
        turned = self._is_transposed(spec)
        return self._found(
            self.runner.run_filled(spec.name, lambda given: fill(given.transpose(0, 3, 1, 2) if turned else given))
        )

    def _found(self, found: Mapping[str, Array]) -> dict[str, Array]:
        outputs = {spec.name: spec for spec in self.runner.outputs}
        return {name: self._returned(dequantize(array, outputs[name]), outputs[name]) for name, array in found.items()}

    def _logical(self, spec: TensorSpec) -> TensorSpec:
        shape = spec.shape
        if self._is_transposed(spec):
            shape = (shape[0], shape[3], shape[1], shape[2])
        return TensorSpec(spec.name, shape, "float32")

    def _stored(self, name: str, array: Array) -> Array:
        spec = next((spec for spec in self.runner.inputs if spec.name == name), None)
        if spec is None:  # the runner's check reports the valid names
            return array
        if self._is_transposed(spec) and array.ndim == _IMAGE_RANK:
            array = array.transpose(0, 2, 3, 1)
        return np.ascontiguousarray(quantize(array, spec))

    def _returned(self, array: Array, spec: TensorSpec) -> Array:
        """An output as the graph names its axes."""
        if self._is_transposed(spec) and array.ndim == _IMAGE_RANK:
            return np.ascontiguousarray(array.transpose(0, 3, 1, 2))
        return array

    def _is_transposed(self, spec: TensorSpec) -> bool:
        return self._nhwc and len(spec.shape) == _IMAGE_RANK


def quantize(array: Array, spec: TensorSpec) -> Array:
    """Real values as stored in a tensor: q = round(x / scale) + zero_point, saturated.

    Halves round away from zero, as TFLite's reference QUANTIZE does. A tensor without a scale is
    only cast to its dtype.

    Args:
        array: real values, any shape, float32.
        spec: dtype, scale and zero point of the tensor.

    Raises:
        InputError: the values contain NaN, which integers cannot represent.
    """
    if spec.scale is None:
        return array.astype(spec.dtype, copy=False)
    if np.isnan(array).any():
        raise InputError(f"input {spec.name!r} contains NaN, which {spec.dtype} cannot represent", where=spec.name)
    limits = np.iinfo(spec.dtype)
    scaled = array.astype(np.float32, copy=False) / np.float32(spec.scale)
    shifted = np.clip(round_half_away(scaled) + np.float32(spec.zero_point), limits.min, limits.max)
    stored: Array = shifted.astype(spec.dtype)
    return stored


def dequantize(array: Array, spec: TensorSpec) -> Array:
    """Stored values as float32: x = (q − zero_point) · scale; only cast without a scale."""
    if spec.scale is None:
        return array.astype(np.float32, copy=False)
    real: Array = (array.astype(np.float32) - np.float32(spec.zero_point)) * np.float32(spec.scale)
    return real


def round_half_away(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values rounded to the nearest integer, halves away from zero; exact for every float32."""
    whole = np.trunc(array)
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        carry = np.where(np.abs(array - whole) >= 0.5, np.sign(array), np.float32(0))
    rounded: NDArray[np.float32] = whole + carry
    return rounded
