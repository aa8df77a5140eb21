"""ONNX models parts of which lie: attributes, tensors, operators, wiring, interfaces, subgraphs, functions."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from tests.hostile.draw import Draw
from tests.hostile.onnx_models import FILE, FLOAT, WEIGHTS, node_of, seeds


def lied(draw: Draw, name: str) -> tuple[bytes, str]:
    """A model parts of which lie, and how."""
    model = onnx.load_from_string(seeds()[name])
    note = ", ".join(draw.act(LIES, model) for _ in range(1 + (draw.below(3) if draw.chance(0.3) else 0)))
    return model.SerializeToString(), note


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
        model.graph.input.append(helper.make_tensor_value_info(tensor.name, FLOAT, [draw.below(9)]))
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
    leaf = helper.make_graph([node_of("Relu a -> z")], "leaf", [], [helper.make_tensor_value_info("z", FLOAT, None)])
    inner, depth = leaf, draw.one((1, 3, 25))
    for _ in range(depth):
        node = helper.make_node(draw.one(("If", "Loop", "Scan")), ["x"], ["z"], then_branch=inner, else_branch=leaf)
        inner = helper.make_graph([node], "outer", [], [helper.make_tensor_value_info("z", FLOAT, None)])
    model.graph.node.append(helper.make_node("If", ["yes"], [f"z{draw.below(9)}"], then_branch=inner, else_branch=leaf))
    return f"graphs {depth} deep"


def nested_bytes(depth: int) -> bytes:
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


LIES = (_attribute, _attribute, _attribute_added, _attribute_type, _dims, _dims, _dtype, _data, _operator, _wiring)
LIES = (*LIES, _wiring, _nodes, _interface, _interface, _opset, _constants, _outside, _subgraph, _functions)
