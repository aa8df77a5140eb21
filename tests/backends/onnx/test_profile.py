from __future__ import annotations

from edgeface.backends import runtime_named
from edgeface.graph.onnx_writer import write_onnx


def test_every_operator_that_runs_is_timed_under_its_name(network, normal, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(network))
    runtime = runtime_named("onnxruntime")
    assert runtime.profile is not None
    found = runtime.profile(path, {"x": normal(1, 3, 11, 9)}, 1)
    kinds = [time.operator for time in found]
    assert sum("Conv" in kind for kind in kinds) == 3
    assert "Concat" in kinds
    assert len({time.name for time in found}) == len(found)
    assert all(time.median_ms >= 0 for time in found)
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
