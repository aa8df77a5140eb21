"""What a device is sent of an ncnn model, which is two files: inputs and outputs are read from the graph's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edgeface.backends.checks import DYNAMIC, read_model
from edgeface.backends.ncnn.param_file import SAYS_SHAPES, parse_param
from edgeface.backends.runtime import TensorSpec
from edgeface.errors import InputError

MAGIC = "7767517"
MAX_LAYERS = 100_000


@dataclass(frozen=True)
class NcnnFiles:
    """A graph, its weights (None where a run needs none), and its inputs and outputs.

    Inputs have the shape that their layer declares, channels first and without a batch dimension, -1 for what it leaves
    open. Outputs are the blobs that no layer reads, but for a Noop; the text does not tell their shapes, which are ().
    """

    param: bytes
    weights: bytes | None
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    blobs: Mapping[str, str] = field(default_factory=dict)
    """Of a network that an export wrote, the blobs of its inputs and outputs, whose shapes have a batch of one."""


def read_ncnn(param: Path, weightless: bool = False) -> NcnnFiles:
    """An ncnn model's files.

    Args:
        param: the graph, a text file; its weights are the .bin file of the same name next to it.
        weightless: do not read weights.

    Raises:
        InputError: a file is missing or is not of ncnn's format.
    """
    content = read_model(param, ("ncnn-param",))
    inputs, outputs = graph_ends(content, str(param))
    weights = None if weightless else read_model(param.with_suffix(".bin"))
    if SAYS_SHAPES not in content:
        return NcnnFiles(content, weights, inputs, outputs)
    ports = parse_param(content, str(param))
    given, made = (
        tuple(TensorSpec(p.name, p.shape or (), "float32") for p in e) for e in (ports.inputs, ports.outputs)
    )
    return NcnnFiles(content, weights, given, made, {port.name: port.blob for port in (*ports.inputs, *ports.outputs)})


def graph_ends(content: bytes, where: str) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
    """Inputs and outputs of a graph's text, see `NcnnFiles`.

    Raises:
        InputError: it is not such a text.
    """
    lines = [line.split() for line in content.decode(errors="replace").splitlines()]
    if [MAGIC] not in lines[:1] or len(lines) > MAX_LAYERS:
        raise InputError("this is no ncnn graph", where=where, fix="pass the .param file in ncnn's text format")
    inputs: list[TensorSpec] = []
    written: dict[str, None] = {}
    read: set[str] = set()
    for number, words in enumerate(lines[2:], start=3):
        if not words:
            continue
        ends = _ends(words)
        if ends is None:
            raise InputError(f"line {number} describes no layer", where=where, fix="convert the network again")
        if words[0] == "Noop":  # it computes nothing, and only keeps together what are outputs
            continue
        read.update(ends[0])
        if words[0] == "Input":
            inputs += [TensorSpec(name, _shape(words), "float32") for name in ends[1]]
        else:
            written |= dict.fromkeys(ends[1])
    outputs = tuple(TensorSpec(name, (), "float32") for name in written if name not in read)
    if not inputs or not outputs:
        raise InputError("the ncnn graph has no input or no output", where=where, fix="convert the network again")
    return tuple(inputs), outputs


def _ends(words: list[str]) -> tuple[list[str], list[str]] | None:
    """The blobs that a layer reads and writes; its line is type, name, two counts, then these."""
    if len(words) < 4 or not (words[2].isdecimal() and words[3].isdecimal()):
        return None
    reads, writes = int(words[2]), int(words[3])
    if len(words) < 4 + reads + writes:
        return None
    return words[4 : 4 + reads], words[4 + reads : 4 + reads + writes]


def _shape(words: list[str]) -> tuple[int, ...]:
    """The shape of an Input layer, whose parameters 2, 1 and 0 are channels, height and width.

    Fewer axes lack the first ones; without any, the size is open.
    """
    sides = dict(word.split("=", 1) for word in words if "=" in word)
    texts = [sides.get(key, "0") for key in ("2", "1", "0")]
    shape = [int(side) if side.isdecimal() and int(side) else DYNAMIC for side in texts]
    known = [axis for axis, side in enumerate(shape) if side != DYNAMIC]
    return tuple(shape[known[0] :]) if known else tuple(shape)
