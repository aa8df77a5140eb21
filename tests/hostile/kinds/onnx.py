"""ONNX files: counted by `edgeface.check`, and read as the source of an export."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

import edgeface
from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.graph.onnx_reader import read_onnx
from edgeface.models.onnx_file import open_onnx
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw
from tests.hostile.onnx_lies import LIES, nested_bytes
from tests.hostile.onnx_models import FILE, FLOAT, WEIGHTS, node_of, seeds

_CONTRACT = RecognitionContract(
    family="mine",
    variant="own",
    input=ImageInput(name="x", height=32, width=32, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3),
    output="y",
    width=8,
)


@cache
def _counted(name: str) -> tuple[int, int, int]:
    """What is counted in a valid model."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(seeds()[name])
        (Path(folder) / WEIGHTS).write_bytes(bytes(16 * 8 * 4))
        return _check(Path(folder))


def make(draw: Draw) -> Case:
    """A model whose bytes are damaged, whose parts lie, or that is written in another way and means the same."""
    name = draw.one(sorted(seeds()))
    wrong: Callable[[Any], str | None] = _impossible
    if draw.chance(0.25):
        others = seeds()[draw.one(sorted(seeds()))]
        data, note = damaged(draw, seeds()[name], others)
    elif draw.chance(0.03):
        depth = draw.one((30, 60, 200, 5000))
        data, note = seeds()[name] + nested_bytes(depth), f"graphs {depth} deep"
    else:
        model = onnx.load_from_string(seeds()[name])
        if draw.chance(0.25):
            note = draw.act(_SAME, model)
            wrong = _same_as(name)
        elif draw.chance(0.1):
            note = _wider(model)
            wrong = _more_than(name)
        else:
            note = ", ".join(draw.act(LIES, model) for _ in range(1 + (draw.below(3) if draw.chance(0.3) else 0)))
        data = model.SerializeToString()
    files = {FILE: data, WEIGHTS: bytes(16 * 8 * 4)}
    if draw.chance(0.12) and wrong is _impossible:
        return Case(f"export {name}: {note}", files, _export)
    return Case(f"check {name}: {note}", files, _check, wrong)


def _check(folder: Path) -> tuple[int, int, int]:
    found = edgeface.check(folder / FILE, "lfr-light").complexity
    return found.macs, found.lfr_flops, found.parameters


def _export(folder: Path) -> Any:
    """The door of exports, up to the graph."""
    return len(read_onnx(open_onnx(folder / FILE, _CONTRACT), "mine").nodes)


def _impossible(answer: tuple[int, int, int]) -> str | None:
    return f"counts {answer}" if min(answer) < 0 else None


def _same_as(name: str) -> Callable[[Any], str | None]:
    def wrong(answer: Any) -> str | None:
        return None if answer == _counted(name) else f"{answer} for what is {_counted(name)} in other words"

    return wrong


def _more_than(name: str) -> Callable[[Any], str | None]:
    def wrong(answer: Any) -> str | None:
        return None if answer[0] > _counted(name)[0] else f"{answer} for more than {_counted(name)}"

    return wrong


def _wider(model: onnx.ModelProto) -> str:
    """Twice the outputs of the first convolution's sibling: one more convolution of the input."""
    first = next((node for node in model.graph.node if node.op_type == "Conv"), None)
    weights = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.float32), "more")
    model.graph.initializer.append(weights)
    model.graph.node.append(node_of("Conv x more -> extra", pads=[1, 1, 1, 1]))
    model.graph.output.append(helper.make_tensor_value_info("extra", FLOAT, None))
    return f"one convolution more than {first.name if first else 'none'}"


# What changes no meaning.


def _renamed(draw: Draw, model: onnx.ModelProto) -> str:
    """Every tensor of the main graph has another name."""
    held = {"x", "y"}
    names = {name for node in model.graph.node for name in (*node.input, *node.output) if name} - held
    names -= {name for node in model.graph.node for a in node.attribute for n in a.g.node for name in n.input}
    new = dict(zip(sorted(names), (f"t{number}" for number in draw.shuffled(range(len(names)))), strict=True))
    for node in model.graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]
    for value in (*model.graph.initializer, *model.graph.value_info):
        value.name = new.get(value.name, value.name)
    return "tensors renamed"


def _constants_shuffled(draw: Draw, model: onnx.ModelProto) -> str:
    shuffled = draw.shuffled([onnx.TensorProto.FromString(t.SerializeToString()) for t in model.graph.initializer])
    del model.graph.initializer[:]
    model.graph.initializer.extend(shuffled)
    return "constants in another order"


def _nodes_shuffled(draw: Draw, model: onnx.ModelProto) -> str:
    """Another order in which every node still comes after those that it reads."""
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in model.graph.node]
    made_by = {name: place for place, node in enumerate(nodes) for name in node.output}
    reads = [{made_by[name] for name in (*node.input, *_captured(node)) if name in made_by} for node in nodes]
    order: list[int] = []
    while len(order) < len(nodes):
        order.append(draw.one([p for p in range(len(nodes)) if p not in order and reads[p] <= set(order)]))
    del model.graph.node[:]
    model.graph.node.extend(nodes[place] for place in order)
    return "nodes in another order"


def _captured(node: onnx.NodeProto) -> list[str]:
    return [name for attribute in node.attribute for inner in attribute.g.node for name in inner.input]


def _stored_otherwise(draw: Draw, model: onnx.ModelProto) -> str:
    for tensor in model.graph.initializer:
        if tensor.data_type == FLOAT and tensor.HasField("raw_data"):
            tensor.float_data.extend(numpy_helper.to_array(tensor).ravel().tolist())
            tensor.ClearField("raw_data")
    return "weights as a list of floats"


def _described(draw: Draw, model: onnx.ModelProto) -> str:
    model.producer_name, model.doc_string = draw.one(("other", "\x1b[31mred", "")), "d" * draw.below(3000)
    for node in model.graph.node:
        node.name, node.doc_string = draw.one(("", "same", f"n{draw.below(99)}", "\x1b[2J")), "doc"
    return "names of nodes and texts"


def _shapes_declared(draw: Draw, model: onnx.ModelProto) -> str:
    """Declared shapes of values that the operators contradict: refused, or not believed."""
    name = draw.one([name for node in model.graph.node for name in node.output if name != "y"])
    shape = [draw.one((1, 2, 8, 1 << 20)) for _ in range(draw.one((1, 2, 4, 4)))]
    model.graph.value_info.append(helper.make_tensor_value_info(name, FLOAT, shape))
    return f"{name} declared as {shape}"


_SAME = (_renamed, _constants_shuffled, _nodes_shuffled, _stored_otherwise, _described, _shapes_declared)


def _prepared() -> None:
    import onnxruntime  # noqa: F401
    import onnxsim  # noqa: F401  # importing it takes seconds, which no input shall be charged with

    for name in seeds():
        _counted(name)


KIND = Kind(make, share=170, prepare=_prepared)
