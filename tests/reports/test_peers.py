from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import peer_lanes
import pytest
from peer_lanes import PEERS, PINS, Lane, kernels, model_bytes, quantize


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own environment in place of the peers': it has ONNX Runtime's quantizer, and no other."""
    monkeypatch.setattr(peer_lanes, "ENVIRONMENT", Path(sys.prefix))


def _request(folder: Path) -> dict[str, str]:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = rng.normal(size=(4, 3, 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "w"], ["y"], name="only", pads=[1, 1, 1, 1])],
        "one convolution",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 8, 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), folder / "model.onnx"
    )
    np.save(folder / "calibration.npy", rng.normal(size=(4, 3, 8, 8)).astype(np.float32))
    return {
        "onnx": str(folder / "model.onnx"),
        "calibration": str(folder / "calibration.npy"),
        "input": "input",
    }


@pytest.mark.usefixtures("here")
def test_a_peer_quantizes_in_a_process_of_its_own(tmp_path: Path) -> None:
    lane = next(lane for lane in PEERS if lane.setting == {"activation_type": "QUInt8", "per_channel": True})
    assert quantize(lane, _request(tmp_path), tmp_path / "made.onnx") is None
    assert kernels(tmp_path / "model.onnx") == "0 int8, 1 float"
    assert kernels(tmp_path / "made.onnx") == "1 int8, 0 float"


@pytest.mark.usefixtures("here")
def test_a_peer_that_refuses_says_why_in_one_line(tmp_path: Path) -> None:
    lane = Lane("ONNX Runtime", "a setting that there is not", {"precision": 8}, ".onnx")
    error = quantize(lane, _request(tmp_path), tmp_path / "made.onnx")
    assert error is not None
    assert error.startswith("TypeError: ")
    assert "precision" in error
    assert "\n" not in error


def test_a_size_counts_the_weights_that_openvino_keeps_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_bytes(b"1234")
    (tmp_path / "model.bin").write_bytes(b"567")
    assert model_bytes(tmp_path / "model.xml") == 7


def test_every_peer_is_pinned_and_none_brings_gigabytes() -> None:
    pins = [line for line in PINS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in pins)
    names = {line.partition("==")[0].lower() for line in pins}
    assert {name.lower() for name in peer_lanes.SHOWN} <= names
    assert not [name for name in names if name.startswith(("tensorflow", "torch", "nvidia", "openvino-telemetry"))]
