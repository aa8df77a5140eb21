"""Read a .param file: its layers, and what a network's inputs and outputs are. Nothing here needs ncnn.

ncnn trusts such a file: it makes room for as many blobs as the head says and follows numbers of blobs. So whatever is
not sound is refused here. This file ships to boards as it is: Python 3.8, the standard library and numpy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edgeface.backends.ncnn.layer import BFLOAT16, MADE, MAGIC, OUTPUT_SHAPE, Layer, Parameter
from edgeface.errors import InputError

MAX_LAYERS, MAX_PARAMETERS, MAX_NUMBERS, MAX_NAME = 50_000, 32, 4096, 255
MAX_ELEMENTS = 1 << 28
"""Of an input or an output."""
_ARRAY = -23300
SAYS_SHAPES = f" {_ARRAY - OUTPUT_SHAPE}=".encode()
"""Stands in files that an export wrote, which say the shapes of inputs and outputs."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,10}\Z")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\Z")
_FIX = "export or copy it again; edgeface reads ncnn's text format"


@dataclass(frozen=True)
class Port:
    """An input or an output: its name, its blob, and its shape with a batch where the file says it."""

    name: str
    blob: str
    shape: tuple[int, ...] | None


@dataclass(frozen=True)
class ParamFile:
    """A sound .param file: each blob is made once, before it is read, and read once.

    Attributes:
        layers: in order, without weights.
        inputs: of Input layers.
        outputs: the blobs that no layer reads.
        bfloat16: whether values are to be stored in bfloat16.
    """

    layers: tuple[Layer, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    bfloat16: bool


def parse_param(content: bytes, where: str) -> ParamFile:
    """The network that a .param file describes.

    Raises:
        InputError: the file is not a sound one.
    """
    try:
        lines = [line.split() for line in content.decode("utf-8").splitlines() if line.strip()]
        if not lines or lines[0] != [str(MAGIC)]:
            raise ValueError(f"it does not begin with {MAGIC}, as ncnn's text format")
        count, blobs = (_integer(text, MAX_LAYERS * 8) for text in _of_length(lines[1] if lines[1:] else [], 2))
        if not 0 < count <= min(MAX_LAYERS, len(lines) - 2):  # ncnn ignores what follows
            raise ValueError(f"it names {count} layers and has {len(lines) - 2}")
        layers = tuple(_layer(line) for line in lines[2 : 2 + count])
        if sum(len(layer.outputs) for layer in layers) > blobs:
            raise ValueError(f"it names {blobs} blobs, its layers make {sum(len(each.outputs) for each in layers)}")
        _check_blobs(layers)
        return _described(layers)
    except ValueError as error:  # UnicodeDecodeError is one
        raise InputError(f"this is an ncnn network (.param) that is damaged: {error}", where=where, fix=_FIX) from error


def _described(layers: tuple[Layer, ...]) -> ParamFile:
    read = {name for layer in layers for name in layer.inputs}
    given = [layer for layer in layers if layer.kind == "Input"]
    inputs = tuple(_input(layer) for layer in given)
    outputs = tuple(_port(name, layer) for layer in layers for name in layer.outputs if name not in read)
    if not inputs or not outputs:
        raise ValueError("it has no Input layer, or every blob is read")
    return ParamFile(layers, inputs, outputs, any(layer.params.get(BFLOAT16) == 1 for layer in given))


def _input(layer: Layer) -> Port:
    """An input has its blob's name, or that of its layer if the blob was renamed for an output of the same value."""
    (blob,) = _of_length(layer.outputs, 1)
    name = layer.name if blob == layer.name + MADE else blob
    found = _said_shape(layer)
    if found is None:
        sizes = [layer.params.get(key, 0) for key in (2, 11, 1, 0)]
        kept = [size for size in sizes if size]
        found = (1, *(int(size) for size in kept if isinstance(size, int))) if kept else None
    if found is not None:
        _check_sizes(found)
    return Port(name, blob, found)


def _port(name: str, layer: Layer) -> Port:
    return Port(name, name, _said_shape(layer) if layer.outputs[0] == name else None)


def _said_shape(layer: Layer) -> tuple[int, ...] | None:
    """The shape that our own parameter says."""
    said = layer.params.get(OUTPUT_SHAPE)
    if said is None:
        return None
    if not isinstance(said, tuple) or not said or said[0] != len(said) - 1 or not all(isinstance(n, int) for n in said):
        raise ValueError(f"{said} is no shape")
    found = tuple(int(size) for size in said[1:])
    _check_sizes(found)
    return found


def _check_sizes(sizes: Sequence[int]) -> None:
    total = 1
    for size in sizes:
        total *= size
        if not 0 < size <= MAX_ELEMENTS or total > MAX_ELEMENTS:
            raise ValueError(f"a shape of {list(sizes)} is none, or holds more than {MAX_ELEMENTS:,} numbers")


def _layer(words: list[str]) -> Layer:
    if len(words) < 4:
        raise ValueError(f"a line has {len(words)} words: {' '.join(words)[:80]!r}")
    kind, name = words[:2]
    reads, makes = (_integer(word, MAX_NUMBERS) for word in words[2:4])
    names, settings = words[4 : 4 + reads + makes], words[4 + reads + makes :]
    if reads < 0 or makes < 0 or len(names) != reads + makes:
        raise ValueError(f"layer {name[:80]!r} names other blobs than it says")
    if any(len(each.encode()) > MAX_NAME for each in (kind, name, *names)):
        raise ValueError(f"a name has more than {MAX_NAME} bytes")
    if len(settings) > MAX_PARAMETERS:
        raise ValueError(f"layer {name!r} has {len(settings)} parameters")
    params = dict(_parameter(text) for text in settings)
    return Layer(kind, name, tuple(names[:reads]), tuple(names[reads:]), params)


def _parameter(text: str) -> tuple[int, Parameter]:
    left, equals, right = text.partition("=")
    key = _integer(left, 24_000) if equals else MAX_PARAMETERS
    listed = key <= _ARRAY
    number = _ARRAY - key if listed else key
    if not 0 <= number < MAX_PARAMETERS:
        raise ValueError(f"{text[:80]!r} is no parameter")
    if not listed:
        return number, _number(right)
    length, *rest = right.split(",")
    if _integer(length, MAX_NUMBERS) != len(rest):
        raise ValueError(f"{text[:80]!r} has another number of numbers than it says")
    numbers = [_number(each) for each in rest]
    if all(isinstance(each, int) for each in numbers):
        return number, tuple(int(each) for each in numbers)
    return number, tuple(float(each) for each in numbers)


def _number(text: str) -> int | float:
    if "." not in text and "e" not in text.lower():
        return _integer(text, 1 << 31)
    if not _REAL.match(text) or len(text) > 40:
        raise ValueError(f"{text[:40]!r} is no number")
    return float(text)


def _integer(text: str, limit: int) -> int:
    if not _INTEGER.match(text) or abs(int(text)) > limit:
        raise ValueError(f"{text[:40]!r} is no number up to {limit}")
    return int(text)


def _of_length(words: Sequence[str], length: int) -> Sequence[str]:
    if len(words) != length:
        raise ValueError(f"{len(words)} words stand where {length} belong")
    return words


def _check_blobs(layers: Sequence[Layer]) -> None:
    """Check that each blob is made once, before it is read, and read at most once."""
    waiting: set[str] = set()
    made: set[str] = set()
    names: set[str] = set()
    for layer in layers:
        if layer.name in names:
            raise ValueError(f"two layers are called {layer.name!r}")
        names.add(layer.name)
        for name in layer.inputs:
            if name not in waiting:
                raise ValueError(f"layer {layer.name!r} reads {name!r}, which no layer before makes, or another read")
            waiting.remove(name)
        for name in layer.outputs:
            if name in made:
                raise ValueError(f"two layers make {name!r}")
            made.add(name)
            waiting.add(name)


def whole(layer: Layer, key: int, default: int = 0) -> int:
    """A parameter that is a whole number.

    Raises:
        ValueError: it is another thing.
    """
    found = layer.params.get(key, default)
    if not isinstance(found, int):
        raise ValueError(f"parameter {key} is {found}")
    return found


def several(layer: Layer, key: int) -> tuple[int, ...]:
    """A parameter that is a list of whole numbers; none by default.

    Raises:
        ValueError: it is another thing.
    """
    found = layer.params.get(key, ())
    if not isinstance(found, tuple) or not all(isinstance(each, int) for each in found):
        raise ValueError(f"parameter {key} is {found}")
    return tuple(int(each) for each in found)
