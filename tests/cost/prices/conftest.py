"""Toy tables: round prices, so that times can be added up by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.cost.prices.table import PriceTable
from edgeface.cost.prices.work import CLASSES
from edgeface.graph.ir import Graph, Node, Value
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.conv import Conv
from edgeface.graph.types import TensorType

TILES = {"rows": 4, "columns": 8, "depth": 1, "lanes": 8}


def toy_table(name="toy", int8_depth=8, applies=None, **prices):
    """A table in which everything is free but what `prices` name: float32_conv_kxk={"mac_ns": 1.0} and so on."""
    found = {dtype: {kind: prices.get(f"{dtype}_{kind}", {}) for kind in CLASSES} for dtype in ("float32", "int8")}
    return PriceTable.model_validate(
        {
            "name": name,
            "title": f"the {name} processor",
            "runtime": "none",
            "basis": "predicted",
            "source": "invented",
            "applies": applies or {"architecture": "x86_64"},
            "tiles": {"float32": TILES, "int8": {**TILES, "depth": int8_depth}},
            "prices": found,
        }
    )


@pytest.fixture
def stem() -> Graph:
    """A 3×3 stem on 3 channels, a PReLU, and a 1×1 convolution: x → a → b → y."""
    constants = {
        "ws": np.ones((8, 3, 3, 3), np.float32),
        "s": np.full((8, 1, 1), 0.5, np.float32),
        "w1": np.ones((8, 8, 1, 1), np.float32),
    }
    nodes = [
        Node(Conv(pads=(1, 1, 1, 1)), ("x", "ws"), ("a",), "stem"),
        Node(PRelu(), ("a", "s"), ("b",), "activation"),
        Node(Conv(), ("b", "w1"), ("y",), "last"),
    ]
    return Graph.build("stem", [Value("x", TensorType((1, 3, 8, 8)))], ["y"], nodes, constants)
