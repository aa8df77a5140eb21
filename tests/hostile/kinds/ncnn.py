"""ncnn networks: text and weights, loaded and run by `edgeface.backends.open`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.backends import target
from edgeface.backends.open import open_runner
from edgeface.backends.target import EmitOptions
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.activations import PRelu, Relu
from edgeface.graph.ops.arithmetic import Add, Concat
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.conv_transpose import ConvTranspose
from edgeface.graph.ops.shape import Reshape, Slice, Transpose
from edgeface.graph.ops.spatial import GlobalAveragePool, MaxPool, Resize
from edgeface.graph.types import TensorType
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

TEXT, WEIGHTS = "model.param", "model.bin"
ROWS: tuple[tuple[Op, str, str], ...] = (
    (Conv((2, 2), (1, 1, 1, 1)), "x w b", "a"),
    (Conv(groups=8, pads=(1, 1, 1, 1), activation="relu"), "a d", "e"),
    (PRelu(), "e s", "p"),
    (MaxPool((2, 2), (2, 2)), "p", "m"),
    (Resize((4, 4)), "m", "u"),
    (Add(), "u p", "j"),
    (ConvTranspose((2, 2)), "m t", "k"),
    (Concat(1), "j k", "c"),
    (Slice((0, 2, 0, 0), (1, 12, 4, 4)), "c", "l"),
    (Transpose((0, 2, 3, 1)), "l", "q"),
    (Reshape((1, 16, 10)), "q", "boxes"),
    (GlobalAveragePool(), "l", "g"),
    (Reshape((1, 10)), "g", "f"),
    (Gemm(), "f v", "h"),
    (Relu(), "h", "scores"),
)
SHAPES = {"w": (8, 3, 3, 3), "b": (8,), "d": (8, 1, 3, 3), "s": (8, 1, 1), "t": (8, 4, 2, 2), "v": (5, 10)}


@cache
def seeds() -> dict[str, bytes]:
    """A valid network's files."""
    random = np.random.default_rng(0)
    constants = {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    nodes = [Node(op, tuple(read.split()), (made,), made) for op, read, made in ROWS]
    graph = Graph.build("g", [Value("x", TensorType((1, 3, 8, 8)))], ["boxes", "scores"], nodes, constants)
    found = target("ncnn-fp32")
    return found.emit(graph, found.float_plan(), EmitOptions())


def make(draw: Draw) -> Case:
    """Files that do not belong together, or of which a line, a number or a byte lies."""
    text, weights = seeds()[TEXT], seeds()[WEIGHTS]
    if draw.chance(0.2):
        weights, note = damaged(draw, weights)
    elif draw.chance(0.3):
        text, note = damaged(draw, text)
    else:
        lines = text.decode().splitlines()
        note = ", ".join(draw.act(_LIES, lines) for _ in range(1 + draw.below(2)))
        text = ("\n".join(lines) + "\n").encode()
    return Case(note, {TEXT: text, WEIGHTS: weights}, run, _wrong)


def run(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of what one run gives."""
    runner = open_runner(folder / TEXT)
    found = runner.run({spec.name: np.zeros(spec.shape, np.float32) for spec in runner.inputs})
    return {name: array.shape for name, array in found.items()}


def _wrong(answer: Any) -> str | None:
    return None if answer and all(0 not in shape for shape in answer.values()) else f"outputs {answer}"


def _number(draw: Draw, lines: list[str]) -> str:
    """A parameter, a count or a size is another number."""
    at = 1 + draw.below(len(lines) - 1)
    words = lines[at].split()
    places = [i for i, word in enumerate(words) if word.isdecimal() or "=" in word]
    if not places:
        return "nothing"
    place = draw.one(places)
    head, equals, last = words[place].rpartition("=")
    parts = last.split(",")
    parts[draw.below(len(parts))] = str(draw.number())
    words[place] = f"{head}{equals}{','.join(parts)}"
    lines[at] = " ".join(words)
    return f"line {at} has {words[place]}"


def _added(draw: Draw, lines: list[str]) -> str:
    """A parameter is added, which changes a default."""
    at = 2 + draw.below(len(lines) - 2)
    said = f"{draw.below(32)}={draw.number()}"
    lines[at] += f" {said}"
    return f"line {at} has {said} too"


def _kind(draw: Draw, lines: list[str]) -> str:
    """A layer is of another's type."""
    at, other = (2 + draw.below(len(lines) - 2) for _ in range(2))
    words = lines[at].split()
    words[0] = lines[other].split()[0]
    lines[at] = " ".join(words)
    return f"line {at} is a {words[0]}"


def _swapped(draw: Draw, lines: list[str]) -> str:
    """Two layers in the other order."""
    at, other = (2 + draw.below(len(lines) - 2) for _ in range(2))
    lines[at], lines[other] = lines[other], lines[at]
    return f"lines {at} and {other} change places"


def _gone(draw: Draw, lines: list[str]) -> str:
    """A layer is missing."""
    at = 2 + draw.below(len(lines) - 2)
    del lines[at]
    return f"line {at} is gone"


_LIES: tuple[Callable[..., str], ...] = (_number, _number, _number, _added, _added, _kind, _swapped, _gone)
KIND = Kind(make, share=20, prepare=seeds)
