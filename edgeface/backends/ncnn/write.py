"""Write layers as ncnn's .param text and .bin file, with a Split for every blob that several layers read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from edgeface.backends.ncnn.layer import MADE, MAGIC, OUTPUT_SHAPE, Layer, Parameter

_ARRAY = -23300
"""Minus a parameter's number: the key of one that is an array."""


def write_layers(layers: Sequence[Layer], outputs: Iterable[str] = ()) -> tuple[bytes, bytes]:
    """The .param and the .bin file of layers in order.

    Args:
        layers: every blob is made by one, before others read it.
        outputs: blobs that stay unread under their names, though layers may read them.
    """
    split = insert_splits(layers, set(outputs))
    weights = b"".join(weight.stored() for layer in split for weight in layer.weights)
    return text_of(split).encode(), weights


def text_of(layers: Sequence[Layer]) -> str:
    """The .param text of layers between which every blob is read once."""
    blobs = sum(len(layer.outputs) for layer in layers)
    return "\n".join([str(MAGIC), f"{len(layers)} {blobs}", *map(_line, layers)]) + "\n"


def insert_splits(layers: Sequence[Layer], outputs: set[str]) -> list[Layer]:
    """The layers, with a Split behind what makes a blob that is read more than once, counting outputs as readers.

    An output keeps its name: what made it is renamed, since ncnn's tools take unread blobs for outputs.
    """
    readers = Counter(name for layer in layers for name in layer.inputs)
    several = {name for name, count in readers.items() if count + (name in outputs) > 1}
    copies = {name: [f"{name}/copy_{number}" for number in range(readers[name])] for name in several}
    waiting = {name: iter(names) for name, names in copies.items()}
    found: list[Layer] = []
    for layer in layers:
        reads = tuple(next(waiting[name]) if name in several else name for name in layer.inputs)
        made = tuple(f"{name}{MADE}" if name in several & outputs else name for name in layer.outputs)
        own = made == layer.outputs
        said = {} if own else {key: value for key, value in layer.params.items() if key == OUTPUT_SHAPE}
        params = {key: value for key, value in layer.params.items() if key not in said}
        found.append(replace(layer, inputs=reads, outputs=made, params=params))
        for name, source in zip(layer.outputs, made, strict=True):
            if name in several:
                parts = (*(() if name == source else (name,)), *copies[name])
                found.append(Layer("Split", f"{name}/split", (source,), parts, said))
    return found


def _line(layer: Layer) -> str:
    names = [layer.name, str(len(layer.inputs)), str(len(layer.outputs)), *layer.inputs, *layer.outputs]
    params = [_parameter(key, value) for key, value in sorted(layer.params.items())]
    return " ".join([layer.kind, *names, *params])


def _parameter(key: int, value: Parameter) -> str:
    if isinstance(value, tuple):
        return f"{_ARRAY - key}={','.join([str(len(value)), *map(_number, value)])}"
    return f"{key}={_number(value)}"


def _number(value: float) -> str:
    """A number as ncnn reads it: one with a point or an exponent is a float."""
    if isinstance(value, int):
        return str(value)
    text = str(np.float32(value))
    return text if "." in text or "e" in text else f"{text}.0"
