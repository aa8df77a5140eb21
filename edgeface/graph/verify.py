"""Graph invariants, checked after every pass."""

from __future__ import annotations

import numpy as np

from edgeface.errors import GraphError
from edgeface.graph.ir import Graph


def verify(graph: Graph) -> None:
    """Check order, types and constants.

    Raises:
        GraphError: a value is read before it is produced or differs from its op's inferred type, a constant is not
            finite, or an output is missing.
    """
    made = set(graph.inputs) | {name for name, v in graph.values.items() if v.data is not None}
    for node in graph.nodes:
        for needed in node.inputs:
            if needed not in made:
                raise GraphError(f"value {needed!r} is read before it is produced", where=str(node))
        types = node.op.infer([graph.type(i) for i in node.inputs])
        for output, kind in zip(node.outputs, types, strict=True):
            if graph.type(output) != kind:
                raise GraphError(f"{output!r} has type {graph.type(output)}, but its op infers {kind}", where=str(node))
            made.add(output)
    for output in graph.outputs:
        if output not in made:
            raise GraphError(f"no node produces the graph's output {output!r}", where=graph.name)
    for name, data in graph.constants.items():
        if data.dtype.kind == "f" and not np.isfinite(data).all():
            raise GraphError("a constant contains NaN or infinity", where=f"tensor {name!r}")
