"""Two tiny ONNX models on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def write_onnx(tmp_path: Path) -> Callable[..., Path]:
    """Write `boxes = op(image)`; image float32 [1,4] or of another shape or type."""

    def write(name: str = "a.onnx", op: str = "Relu", shape=(1, 4), dtype: str = "FLOAT") -> Path:
        from onnx import TensorProto, helper

        kind = getattr(TensorProto, dtype)
        ends = [helper.make_tensor_value_info(end, kind, shape) for end in ("image", "boxes")]
        graph = helper.make_graph([helper.make_node(op, ["image"], ["boxes"])], "g", ends[:1], ends[1:])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(model.SerializeToString())
        return path

    return write
