"""Peak throughput of one core, measured by large matrix products in ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # a worker needs none of what a subject reads
    from edgeface.bench.subject import Arithmetic

_SEED = 0
_OPSET = 17
_IR_VERSION = 9


@dataclass(frozen=True)
class Product:
    """A matrix product [m,k]·[k,n]; small enough for the cache, large enough to hide overheads."""

    m: int
    k: int
    n: int

    @property
    def operations(self) -> int:
        """Multiplications and additions: two for each multiply–accumulate."""
        return 2 * self.m * self.k * self.n


PRODUCTS: dict[Arithmetic, Product] = {"fp32": Product(256, 256, 256), "int8": Product(384, 1024, 384)}


def peak_model(arithmetic: Arithmetic) -> bytes:
    """An ONNX model of one matrix product with constant weights.

    "fp32" is a MatMul of float32; "int8" a MatMulInteger of uint8 by int8 into int32, the form
    that x86 cores have instructions for.
    """
    from onnx import TensorProto, helper, numpy_helper

    product = PRODUCTS[arithmetic]
    rng = np.random.default_rng(_SEED)
    size = (product.k, product.n)
    if arithmetic == "fp32":
        op, kinds, weight = "MatMul", (TensorProto.FLOAT, TensorProto.FLOAT), rng.normal(size=size).astype(np.float32)
    else:
        op, kinds = "MatMulInteger", (TensorProto.UINT8, TensorProto.INT32)
        weight = rng.integers(-127, 128, size=size).astype(np.int8)
    graph = helper.make_graph(
        [helper.make_node(op, ["x", "w"], ["y"])],
        f"peak_{arithmetic}",
        [helper.make_tensor_value_info("x", kinds[0], [product.m, product.k])],
        [helper.make_tensor_value_info("y", kinds[1], [product.m, product.n])],
        [numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    return bytes(model.SerializeToString())
