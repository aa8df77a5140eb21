"""ONNX files: counted by `edgeface.check`, and read as the source of an export."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import edgeface
from edgeface.contracts import ImageInput, RecognitionContract
from edgeface.graph.onnx_reader import read_onnx
from edgeface.models.onnx_file import open_onnx
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import Draw

FILE, WEIGHTS = "model.onnx", "weights.bin"
_FLOAT = TensorProto.FLOAT
_CONTRACT = RecognitionContract(
    family="mine",
    variant="own",
    input=ImageInput(name="x", height=32, width=32, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3),
    output="y",
    width=8,
)


def _weights(**shapes: tuple[int, ...]) -> list[onnx.TensorProto]:
    rng = np.random.default_rng(7)
    return [numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name) for name, shape in shapes.items()]


def _node(line: str, **attributes: Any) -> onnx.NodeProto:
    """`_node("Conv x w -> y", group=2)`."""
    made, _, outputs = line.partition("->")
    op, *inputs = made.split()
    return helper.make_node(op, inputs, outputs.split(), name=f"{op} {outputs.strip()}", **attributes)


def _model(
    nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], shape: list[Any], output: list[Any] | None = None
) -> onnx.ModelProto:
    x = helper.make_tensor_value_info("x", _FLOAT, shape)
    y = helper.make_tensor_value_info("y", _FLOAT, output)
    graph = helper.make_graph(nodes, "network", [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _embedder() -> onnx.ModelProto:
    nodes = [
        _node("Conv x w1 b1 -> a", strides=[2, 2], pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        _node("PRelu a slope -> b"),
        _node("Conv b w2 -> c", group=8, pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        _node("BatchNormalization c bn bn mean var -> d"),
        _node("Relu d -> e"),
        _node("Conv e w3 -> f", kernel_shape=[1, 1]),
        _node("GlobalAveragePool f -> g"),
        _node("Flatten g -> h", axis=1),
        _node("Gemm h w4 b4 -> y", transB=1),
    ]
    shapes = {"w1": (8, 3, 3, 3), "b1": (8,), "slope": (8, 1, 1), "w2": (8, 1, 3, 3), "bn": (8,), "mean": (8,)}
    shapes |= {"w3": (16, 8, 1, 1), "w4": (8, 16), "b4": (8,)}
    variance = numpy_helper.from_array(np.full(8, 0.5, np.float32), "var")
    return _model(nodes, [*_weights(**shapes), variance], [1, 3, 32, 32], [1, 8])


def _arithmetic() -> onnx.ModelProto:
    """Shapes that are computed, a matrix product, and a sum of two branches."""
    integers = {"zero": [0], "one": [1], "tail": [-1], "axes": [0]}
    constants = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in integers.items()]
    nodes = [
        _node("Conv x w1 -> a", pads=[1, 1, 1, 1]),
        _node("Sigmoid a -> s"),
        _node("Mul a s -> b"),
        _node("Add b a -> c"),
        _node("Shape c -> shape"),
        _node("Slice shape zero one axes -> batch"),
        _node("Concat batch tail -> wanted", axis=0),
        _node("Transpose c -> t", perm=[0, 2, 3, 1]),
        _node("Reshape t wanted -> r"),
        _node("MatMul r w2 -> m"),
        _node("Softmax m -> y", axis=-1),
    ]
    return _model(nodes, [*_weights(w1=(4, 3, 3, 3), w2=(4 * 32 * 32, 8)), *constants], [1, 3, 32, 32], [1, 8])


def _quantized() -> onnx.ModelProto:
    scale = numpy_helper.from_array(np.float32(0.1), "scale")
    zero = numpy_helper.from_array(np.int8(0), "zero")
    stored = numpy_helper.from_array(np.ones((4, 3, 3, 3), np.int8), "w")
    nodes = [
        _node("QuantizeLinear x scale zero -> q"),
        _node("DequantizeLinear q scale zero -> d"),
        _node("DequantizeLinear w scale zero -> wd"),
        _node("Conv d wd -> c", auto_pad="SAME_UPPER"),
        _node("MaxPool c -> p", kernel_shape=[2, 2], strides=[2, 2]),
        _node("ReduceMean p -> y", axes=[2, 3], keepdims=0),
    ]
    return _model(nodes, [scale, zero, stored], [1, 3, 32, 32])


def _nested() -> onnx.ModelProto:
    """A function of the model's own, and a dynamic batch."""
    function = helper.make_function(
        "own", "Twice", ["u"], ["v"], [_node("Conv u w1 -> k", pads=[1] * 4), _node("Relu k -> v")],
        [helper.make_opsetid("", 17)],
    )  # fmt: skip
    constant = helper.make_node("Constant", [], ["w1"], value=_weights(w1=(3, 3, 3, 3))[0])
    function.node.insert(0, constant)
    nodes = [helper.make_node("Twice", ["x"], ["a"], domain="own"), _node("Conv a w2 -> y")]
    model = _model(nodes, _weights(w2=(2, 3, 1, 1)), ["batch", 3, 32, 32])
    model.functions.append(function)
    model.opset_import.append(helper.make_opsetid("own", 1))
    return model


def _external() -> onnx.ModelProto:
    model = _embedder()
    for tensor in model.graph.initializer:
        if tensor.name == "w3":
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS), ("offset", "0"), ("length", str(16 * 8 * 4))):
                tensor.external_data.add(key=key, value=value)
    return model


@cache
def seeds() -> dict[str, bytes]:
    """Valid models."""
    made = {"embedder": _embedder, "arithmetic": _arithmetic, "quantized": _quantized, "nested": _nested}
    return {name: make().SerializeToString() for name, make in {**made, "external": _external}.items()}


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
        data, note = seeds()[name] + _nested_bytes(depth), f"graphs {depth} deep"
    else:
        model = onnx.load_from_string(seeds()[name])
        if draw.chance(0.25):
            note = draw.act(_SAME, model)
            wrong = _same_as(name)
        elif draw.chance(0.1):
            note = _wider(model)
            wrong = _more_than(name)
        else:
            note = ", ".join(draw.act(_LIES, model) for _ in range(1 + (draw.below(3) if draw.chance(0.3) else 0)))
        data = model.SerializeToString()
    files = {FILE: data, WEIGHTS: bytes(16 * 8 * 4)}
    if draw.chance(0.12) and wrong is _impossible:
        return Case(f"export {name}: {note}", files, _export)
    return Case(f"check {name}: {note}", files, _check, wrong)


def lied(draw: Draw, name: str) -> tuple[bytes, str]:
    """A model parts of which lie, and how."""
    model = onnx.load_from_string(seeds()[name])
    note = ", ".join(draw.act(_LIES, model) for _ in range(1 + (draw.below(3) if draw.chance(0.3) else 0)))
    return model.SerializeToString(), note


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
    model.graph.node.append(_node("Conv x more -> extra", pads=[1, 1, 1, 1]))
    model.graph.output.append(helper.make_tensor_value_info("extra", _FLOAT, None))
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
        if tensor.data_type == _FLOAT and tensor.HasField("raw_data"):
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
    model.graph.value_info.append(helper.make_tensor_value_info(name, _FLOAT, shape))
    return f"{name} declared as {shape}"


_SAME = (_renamed, _constants_shuffled, _nodes_shuffled, _stored_otherwise, _described, _shapes_declared)

# What lies.


def _a_node(draw: Draw, model: onnx.ModelProto) -> onnx.NodeProto:
    return draw.one(list(model.graph.node) or [model.graph.node.add()])


def _a_constant(draw: Draw, model: onnx.ModelProto) -> onnx.TensorProto:
    return draw.one(list(model.graph.initializer) or [model.graph.initializer.add()])


def _attribute(draw: Draw, model: onnx.ModelProto) -> str:
    node = draw.one([node for node in model.graph.node if node.attribute] or [_a_node(draw, model)])
    attribute = draw.one(list(node.attribute) or [node.attribute.add(name="axis", type=2)])
    attribute.i = draw.number() if draw.chance(0.9) else attribute.i
    attribute.ints[:] = [draw.number() for _ in range(draw.one((len(attribute.ints), len(attribute.ints), 0, 1, 9)))]
    return f"{attribute.name} of {node.op_type} is {attribute.i or list(attribute.ints)}"


def _attribute_added(draw: Draw, model: onnx.ModelProto) -> str:
    names = (
        "group",
        "strides",
        "pads",
        "dilations",
        "kernel_shape",
        "axis",
        "axes",
        "perm",
        "auto_pad",
        "output_shape",
    )
    node, name = _a_node(draw, model), draw.one((*names, "transA", "transB", "keepdims", "to", "ceil_mode", "nonsense"))
    value = draw.one((draw.number(), [draw.number() for _ in range(draw.below(5))], float("nan"), "SAME", b"\xff\xfe"))
    node.attribute.append(helper.make_attribute(name, value or 0))
    return f"{node.op_type} has {name} {value}"


def _attribute_type(draw: Draw, model: onnx.ModelProto) -> str:
    node = draw.one([node for node in model.graph.node if node.attribute] or [_a_node(draw, model)])
    for attribute in node.attribute:
        attribute.type = draw.below(15)
    return f"attributes of {node.op_type} have other types"


def _dims(draw: Draw, model: onnx.ModelProto) -> str:
    tensor = _a_constant(draw, model)
    if draw.chance(0.3) and len(tensor.dims) > 1:
        tensor.dims[:] = draw.shuffled(list(tensor.dims))
    elif tensor.dims and draw.chance(0.7):
        tensor.dims[draw.below(len(tensor.dims))] = draw.number()
    else:
        tensor.dims[:] = [draw.number() for _ in range(draw.below(6))]
    return f"{tensor.name} is {list(tensor.dims)}"


def _dtype(draw: Draw, model: onnx.ModelProto) -> str:
    tensor = _a_constant(draw, model)
    tensor.data_type = draw.one((*range(24), 99, -1))
    return f"{tensor.name} has type {tensor.data_type}"


def _data(draw: Draw, model: onnx.ModelProto) -> str:
    tensor = _a_constant(draw, model)
    if draw.chance(0.5):
        tensor.raw_data = draw.one(
            (b"", b"\0", tensor.raw_data[:-1], tensor.raw_data * 2, b"\xff" * len(tensor.raw_data))
        )
    else:
        tensor.int64_data.extend([draw.number()] * (1 + draw.below(4)))
    return f"{tensor.name} has other data"


def _operator(draw: Draw, model: onnx.ModelProto) -> str:
    ops = (
        "Conv",
        "ConvTranspose",
        "MatMul",
        "Gemm",
        "Loop",
        "If",
        "Scan",
        "Einsum",
        "LSTM",
        "Resize",
        "NonMaxSuppression",
    )
    more = (
        "Reshape",
        "Expand",
        "Tile",
        "Pad",
        "GatherND",
        "NonZero",
        "TopK",
        "Split",
        "Range",
        "ConstantOfShape",
        "",
        "\x1b[31m",
    )
    node = _a_node(draw, model)
    node.op_type = draw.one((*ops, *more))
    return f"{node.name!r} is {node.op_type!r}"


def _wiring(draw: Draw, model: onnx.ModelProto) -> str:
    node = _a_node(draw, model)
    names = [name for other in model.graph.node for name in (*other.input, *other.output)]
    new = draw.one((*names, "", "missing", "x", "y", "\x1b[31m"))
    side = draw.one((node.input, node.output))
    if side and draw.chance(0.7):
        side[draw.below(len(side))] = new
    elif draw.chance(0.5):
        side.append(new)
    else:
        side[:] = side[:-1]
    return f"{node.op_type} reads {list(node.input)}, makes {list(node.output)}"


def _nodes(draw: Draw, model: onnx.ModelProto) -> str:
    place = draw.below(len(model.graph.node))
    act = draw.below(4)
    if act == 0:
        del model.graph.node[place]
    elif act == 1:
        model.graph.node.append(model.graph.node[place])
    elif act == 2:
        shuffled = draw.shuffled([onnx.NodeProto.FromString(n.SerializeToString()) for n in model.graph.node])
        del model.graph.node[:]
        model.graph.node.extend(shuffled)
    else:
        model.graph.node[place].domain = draw.one(("ai.onnx", "com.microsoft", "own", "\x1b[31m", "ai.onnx.ml"))
    return ("a node less", "a node twice", "nodes in any order", "another domain")[act]


def _interface(draw: Draw, model: onnx.ModelProto) -> str:
    side = draw.one((model.graph.input, model.graph.output))
    value = draw.one(list(side) or [side.add()])
    act = draw.below(5)
    if act == 0:
        del side[:]
    elif act == 1:
        value.type.tensor_type.elem_type = draw.one((*range(24), 99))
    elif act == 2:
        value.name = draw.one(("x", "y", "", "w1", "a", "\x1b[31m", "n" * 70_000))
    elif act == 3:
        side.append(value)
    else:
        dims = value.type.tensor_type.shape.dim
        for dim in draw.some(list(dims), 2):
            dim.dim_value = draw.number()
    return f"the inputs or outputs: {act}"


def _opset(draw: Draw, model: onnx.ModelProto) -> str:
    if draw.chance(0.3):
        model.opset_import.append(helper.make_opsetid(draw.one(("", "ai.onnx", "own")), draw.one((1, 7, 17))))
    elif draw.chance(0.2):
        del model.opset_import[:]
    else:
        model.opset_import[0].version = draw.one((0, 1, 5, 9, 11, 13, 22, 99, 9999, -1, 1 << 40))
    model.ir_version = draw.one((model.ir_version, model.ir_version, 0, 3, 99, 1 << 40))
    return f"opsets {[(o.domain, o.version) for o in model.opset_import]}, IR {model.ir_version}"


def _constants(draw: Draw, model: onnx.ModelProto) -> str:
    tensor = _a_constant(draw, model)
    act = draw.below(4)
    if act == 0:
        model.graph.initializer.append(tensor)
    elif act == 1:
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, _FLOAT, [draw.below(9)]))
    elif act == 2:
        tensor.name = draw.one(("", "x", "y", "elsewhere"))
    else:
        sparse = model.graph.sparse_initializer.add()
        sparse.dims.extend([draw.number(), draw.number()])
        sparse.values.CopyFrom(tensor)
    return ("a constant twice", "a constant that is an input too", "a constant's name", "a sparse constant")[act]


def _outside(draw: Draw, model: onnx.ModelProto) -> str:
    """Weights in another file, or elsewhere in it."""
    tensor = _a_constant(draw, model)
    tensor.data_location = TensorProto.EXTERNAL
    del tensor.external_data[:]
    where = (
        WEIGHTS,
        "../weights.bin",
        "/etc/hostname",
        "",
        ".",
        "/dev/zero",
        "missing",
        f"./x/../{WEIGHTS}",
        "\x1b[31m",
        FILE,
    )
    numbers = ("0", "4", "-1", str(1 << 40), "9" * 30, "x", "")
    for key, values in (("location", where), ("offset", numbers), ("length", numbers), ("checksum", numbers)):
        if draw.chance(0.7):
            tensor.external_data.add(key=key, value=draw.one(values))
    return f"{tensor.name} is in {[entry.value for entry in tensor.external_data]}"


def _subgraph(draw: Draw, model: onnx.ModelProto) -> str:
    """Graphs inside each other."""
    leaf = helper.make_graph([_node("Relu a -> z")], "leaf", [], [helper.make_tensor_value_info("z", _FLOAT, None)])
    inner, depth = leaf, draw.one((1, 3, 25))
    for _ in range(depth):
        node = helper.make_node(draw.one(("If", "Loop", "Scan")), ["x"], ["z"], then_branch=inner, else_branch=leaf)
        inner = helper.make_graph([node], "outer", [], [helper.make_tensor_value_info("z", _FLOAT, None)])
    model.graph.node.append(helper.make_node("If", ["yes"], [f"z{draw.below(9)}"], then_branch=inner, else_branch=leaf))
    return f"graphs {depth} deep"


def _nested_bytes(depth: int) -> bytes:
    """What, behind a model, is one more node of its graph, with graphs inside each other."""

    def field(number: int, content: bytes) -> bytes:
        size, length = len(content), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    graph = b""
    for _ in range(depth):
        attribute = field(1, b"then_branch") + field(6, graph)
        graph = field(1, field(2, b"z") + field(4, b"If") + field(5, attribute))
    return field(7, graph)


def _functions(draw: Draw, model: onnx.ModelProto) -> str:
    """Functions that call each other or themselves."""
    opset = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for name, calls in draw.one(((("A", "A"),), (("A", "B"), ("B", "A")), (("A", "B"), ("B", "C"), ("C", "Relu")))):
        body = [helper.make_node(calls, ["u"], ["v"], domain="" if calls == "Relu" else "own") for _ in range(2)]
        model.functions.append(helper.make_function("own", name, ["u"], ["v"], body, opset))
    model.graph.node.append(helper.make_node("A", ["x"], ["called"], domain="own"))
    model.opset_import.append(helper.make_opsetid("own", 1))
    return "functions that call each other"


_LIES = (_attribute, _attribute, _attribute_added, _attribute_type, _dims, _dims, _dtype, _data, _operator, _wiring)
_LIES = (*_LIES, _wiring, _nodes, _interface, _interface, _opset, _constants, _outside, _subgraph, _functions)


def _prepared() -> None:
    import onnxruntime  # noqa: F401
    import onnxsim  # noqa: F401  # importing it takes seconds, which no input shall be charged with

    for name in seeds():
        _counted(name)


KIND = Kind(make, share=170, prepare=_prepared)
