"""Parse the text format, and compute it with numpy."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from edgeface.backends.toy.emit import WEIGHTS_FILE

from edgeface.backends.checks import check_feeds, read_model
from edgeface.backends.runtime import TensorSpec
from edgeface.errors import InputError
from edgeface.graph.types import Array

KINDS = ("toy", "metadata", "input", "weight", "node", "output")


@dataclass(frozen=True)
class Operation:
    """A node of the file."""

    kind: str
    attributes: dict[str, Any]
    inputs: tuple[str, ...]
    output: str


class ToyRunner:
    """A loaded model. Raises InputError where the file is none, or is cut short."""

    def __init__(self, model: Path) -> None:
        self.where = str(model)
        found = self._parsed(read_model(model))
        stored = (model.parent / WEIGHTS_FILE).read_bytes()
        self.inputs = tuple(TensorSpec(name, tuple(shape), "float32") for name, shape in found["input"])
        self.operations = [
            Operation(kind, attributes, tuple(inputs), made) for kind, attributes, inputs, (made,) in found["node"]
        ]
        self._weights = {name: _weight(stored, offset, shape) for name, offset, shape in found["weight"]}
        made = self.values({spec.name: np.zeros(spec.shape, np.float32) for spec in self.inputs})
        self.outputs = tuple(TensorSpec(name, made[name].shape, "float32") for (name,) in found["output"])

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once."""
        values = self.values(feeds)
        return {spec.name: values[spec.name] for spec in self.outputs}

    def values(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Every value of one run, by name."""
        check_feeds(self.inputs, feeds, self.where)
        return {operation.output: made for operation, made, _ in self.steps(feeds)}

    def steps(self, feeds: Mapping[str, Array]) -> Iterator[tuple[Operation, Array, float]]:
        """Every operation with what it makes and the milliseconds that it took."""
        values: dict[str, Array] = {**self._weights, **feeds}
        for operation in self.operations:
            start = time.perf_counter_ns()
            made = OPERATIONS[operation.kind](operation.attributes, *(values[name] for name in operation.inputs))
            values[operation.output] = made
            yield operation, made, (time.perf_counter_ns() - start) / 1e6

    def _parsed(self, content: bytes) -> dict[str, list[Any]]:
        """What follows the first word of each line, by that word."""
        found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        try:
            for line in content.decode().splitlines():
                kind, *fields = json.loads(line)
                found[kind].append(fields)
        except (KeyError, ValueError) as error:
            raise InputError("not a toy model", where=self.where, fix="export it again") from error
        if found["toy"] != [[1]] or not found["output"]:
            raise InputError("the toy model is cut short", where=self.where, fix="export it again")
        return found


def _weight(stored: bytes, offset: int, shape: list[int]) -> Array:
    return np.frombuffer(stored, "<f4", int(np.prod(shape)), offset).reshape(shape)


def _conv(given: Mapping[str, Any], x: Array, weight: Array, bias: Array | None = None) -> Array:
    top, left, bottom, right = given["pads"]
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    step, groups = given["strides"], given["groups"]
    windows = np.lib.stride_tricks.sliding_window_view(padded, weight.shape[2:], (2, 3))[:, :, :: step[0], :: step[1]]
    count, channels, height, width = windows.shape[:4]
    grouped = windows.reshape(count, groups, channels // groups, height, width, -1)
    kernels = weight.reshape(groups, -1, channels // groups, weight.shape[2] * weight.shape[3])
    summed = np.einsum("ngchwk,gmck->ngmhw", grouped, kernels, optimize=True).reshape(count, -1, height, width)
    return _activated(given, summed if bias is None else summed + bias.reshape(-1, 1, 1))


def _resize(given: Mapping[str, Any], x: Array) -> Array:
    rows, columns = (np.arange(new) * old // new for new, old in zip(given["size"], x.shape[2:], strict=True))
    return x[:, :, rows][:, :, :, columns]


def _activated(given: Mapping[str, Any], x: Array) -> Array:
    return np.maximum(x, 0) if given["activation"] == "relu" else x


OPERATIONS: dict[str, Callable[..., Array]] = {
    "Add": lambda given, a, b: _activated(given, a + b),
    "Concat": lambda given, *parts: np.concatenate(parts, given["axis"]),
    "Conv": _conv,
    "LeakyRelu": lambda given, x: np.where(x < 0, np.float32(given["alpha"]) * x, x),
    "Relu": lambda _, x: np.maximum(x, 0),
    "Reshape": lambda given, x: x.reshape(given["shape"]),
    "Resize": _resize,
    "Sigmoid": lambda _, x: 1 / (1 + np.exp(-x)),
    "Transpose": lambda given, x: x.transpose(given["perm"]),
}
