"""OpenVINO networks: XML and weights, loaded and run by `edgeface.backends.open`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.backends import target
from edgeface.backends.open import open_runner
from edgeface.backends.target import EmitOptions
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.shape import Reshape
from edgeface.graph.ops.spatial import MaxPool, Resize
from edgeface.graph.types import TensorType
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

TEXT, WEIGHTS = "model.xml", "model.bin"
ROWS: tuple[tuple[Op, str, str], ...] = (
    (Conv((2, 2), (1, 1, 1, 1)), "x w b", "a"),
    (PRelu(), "a s", "p"),
    (MaxPool((2, 2), (2, 2)), "p", "m"),
    (Resize((4, 4)), "m", "u"),
    (Reshape((1, 64)), "u", "f"),
    (Gemm(), "f v", "scores"),
)
SHAPES = {"w": (4, 3, 3, 3), "b": (4,), "s": (4, 1, 1), "v": (5, 64)}
_NUMBER = re.compile(r"(?<=[\",> ])-?\d+(?=[\",< ])")
_QUOTED = re.compile(r'(?<==")[^"]*(?=")')
_LAYER = re.compile(r"<layer .*?</layer>|<edge [^>]*/>", re.DOTALL)


@cache
def seeds() -> dict[str, bytes]:
    """A valid network's files."""
    random = np.random.default_rng(0)
    constants = {name: random.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}
    nodes = [Node(op, tuple(read.split()), (made,), made) for op, read, made in ROWS]
    graph = Graph.build("g", [Value("x", TensorType((1, 3, 8, 8)))], ["scores"], nodes, constants)
    found = target("openvino-fp32")
    return found.emit(graph, found.float_plan(), EmitOptions())


def make(draw: Draw) -> Case:
    """Files that do not belong together, or of which a number, an attribute or a layer lies."""
    text, weights = seeds()[TEXT], seeds()[WEIGHTS]
    if draw.chance(0.2):
        weights, note = damaged(draw, weights)
    elif draw.chance(0.2):
        text, note = damaged(draw, text)
    else:
        said = text.decode()
        notes = []
        for _ in range(1 + draw.below(2)):
            said, done = draw.one((_number, _number, _attribute, _dropped, _doubled))(draw, said)
            notes.append(done)
        text, note = said.encode(), ", ".join(notes)
    return Case(note, {TEXT: text, WEIGHTS: weights}, run, _wrong)


def run(folder: Path) -> dict[str, tuple[int, ...]]:
    """The shapes of what one run gives."""
    runner = open_runner(folder / TEXT)
    found = runner.run({spec.name: np.zeros([abs(n) for n in spec.shape], spec.dtype) for spec in runner.inputs})
    return {name: array.shape for name, array in found.items()}


def _wrong(answer: Any) -> str | None:
    return None if answer and all(0 not in shape for shape in answer.values()) else f"outputs {answer}"


def _number(draw: Draw, text: str) -> tuple[str, str]:
    """A size, an offset or an identifier is another number."""
    at, number = draw.one(list(_NUMBER.finditer(text))), str(draw.number())
    return text[: at.start()] + number + text[at.end() :], f"{at[0]} at {at.start()} is {number}"


def _attribute(draw: Draw, text: str) -> tuple[str, str]:
    """An attribute has the value of another one."""
    found = list(_QUOTED.finditer(text))
    at, other = draw.one(found), draw.one(found)[0]
    return text[: at.start()] + other + text[at.end() :], f"{at[0]!r} at {at.start()} is {other!r}"


def _dropped(draw: Draw, text: str) -> tuple[str, str]:
    """A layer or an edge is missing."""
    at = draw.one(list(_LAYER.finditer(text)))
    return text[: at.start()] + text[at.end() :], f"what began at {at.start()} is missing"


def _doubled(draw: Draw, text: str) -> tuple[str, str]:
    """A layer or an edge is there twice."""
    at = draw.one(list(_LAYER.finditer(text)))
    return text[: at.end()] + at[0] + text[at.end() :], f"what begins at {at.start()} is there twice"


KIND = Kind(make, share=10)  # nothing is prepared: threads of OpenVINO do not survive a fork
