"""A graph as `model.toy`, one JSON array a line, and `model.weights`, its constants in float32 one behind the other."""

from __future__ import annotations

import json
from dataclasses import asdict

from edgeface.backends.target import EmitOptions
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph
from edgeface.quantize.plan import QuantPlan

MODEL_FILE, WEIGHTS_FILE = "model.toy", "model.weights"
OPS = frozenset({"Add", "Concat", "Conv", "LeakyRelu", "Relu", "Reshape", "Resize", "Sigmoid", "Transpose"})


def emit(graph: Graph, _: QuantPlan, options: EmitOptions) -> dict[str, bytes]:
    """Both files.

    Raises:
        GraphError: an op that the format lacks.
    """
    lines: list[list[object]] = [["toy", 1], *(["metadata", *entry] for entry in sorted(options.metadata.items()))]
    lines += [["input", name, list(graph.type(name).shape)] for name in graph.inputs]
    weights = b""
    for name, array in graph.constants.items():
        lines.append(["weight", name, len(weights), list(array.shape)])
        weights += array.astype("<f4").tobytes()
    for node in graph.nodes:
        kind = type(node.op).__name__
        if kind not in OPS:
            raise GraphError(f"the toy format has no {kind}", where=str(node), fix="add it to `emit` and `runner`")
        lines.append(["node", kind, asdict(node.op), list(node.inputs), list(node.outputs)])
    lines += [["output", name] for name in graph.outputs]
    return {MODEL_FILE: "".join(json.dumps(line) + "\n" for line in lines).encode(), WEIGHTS_FILE: weights}
