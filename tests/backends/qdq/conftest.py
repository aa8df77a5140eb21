from __future__ import annotations

import numpy as np
import pytest

from edgeface.graph.ops.conv import Conv, Gemm

SAME = (1, 1, 1, 1)


@pytest.fixture
def emulated(evaluate):
    """What a plan means, node by node: `emulated(graph, plan, feeds, convolved=False)` → every value by name.

    Each node is evaluated alone in float, on rounded numbers; `convolved` rounds only what convolutions and matrix
    products read. Weights are rounded, biases are not.
    """

    def run(graph, plan, feeds, convolved=False):
        found = {name: graph.constants[name] for name in graph.constants} | dict(feeds)
        for node in graph.nodes:
            weighted = isinstance(node.op, Conv | Gemm)
            integer = node.output not in plan.kept_float and (weighted or not convolved)
            read = {}
            for index, name in enumerate(node.inputs):
                rounds = integer and not (weighted and index == 2) and name in plan.params
                read[name] = _rounded(plan, name, found[name]) if rounds else found[name]
            [made] = _alone(graph, node, read, evaluate)
            found[node.output] = _rounded(plan, node.output, made) if integer and not convolved else made
        return found

    return run


def _rounded(plan, name, data):
    return plan.params[name].dequantize(plan.params[name].quantize(data))


def _alone(graph, node, read, evaluate):
    from edgeface.graph.ir import Graph, Value

    given = dict.fromkeys(name for name in node.inputs if graph.constant(name) is None)
    values = [Value(name, graph.type(name)) for name in given]
    constants = {name: np.asarray(data, np.float32) for name, data in read.items() if name not in given}
    single = Graph.build("alone", values, [node.output], [node], constants)
    return list(evaluate(single, {name: read[name] for name in given}).values())


@pytest.fixture
def branching(make_graph, normal):
    """A small detector's shapes: convolutions of all kinds, a residual sum, a pyramid's sum, a Concat; two outputs."""
    rows = [
        (Conv(pads=SAME, strides=(2, 2), activation="relu"), "x w0 b0", "a"),
        (Conv(groups=8, pads=SAME, activation="relu6"), "a w1 b1", "b"),
        (Conv(), "b w2", "c"),
        *_tail(),
    ]
    shapes = {"w0": (8, 3, 3, 3), "b0": (8,), "w1": (8, 1, 3, 3), "b1": (8,), "w2": (8, 8, 1, 1)}
    shapes |= {"w3": (8, 8, 3, 3), "b3": (8,), "w4": (8, 8, 1, 1), "w5": (4, 16, 1, 1), "b5": (4,)}
    constants = {name: normal(*shape, seed=3, scale=0.4) for name, shape in shapes.items()}
    return make_graph({"x": (1, 3, 12, 16)}, rows, constants, ["y", "d"])


def _tail():
    from edgeface.graph.ops.activations import LeakyRelu
    from edgeface.graph.ops.arithmetic import Add, Concat
    from edgeface.graph.ops.spatial import Resize

    return [
        (Add(), "a c", "d"),
        (Conv(pads=SAME, strides=(2, 2)), "d w3 b3", "e0"),
        (LeakyRelu(alpha=0.1), "e0", "e"),
        (Resize((6, 8)), "e", "f"),
        (Conv(), "d w4", "g"),
        (Add("relu"), "f g", "h"),
        (Concat(1), "h a", "i"),
        (Conv(), "i w5 b5", "y"),
    ]
