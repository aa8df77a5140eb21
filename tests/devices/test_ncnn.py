from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeface.backends.device import Device
from edgeface.devices.connect import connect
from edgeface.devices.ncnn_files import graph_ends, read_ncnn
from edgeface.devices.runner import DeviceRunner, Loading
from edgeface.errors import InputError, RuntimeFailure

GRAPH = """7767517
4 5
Input in 0 1 in 0=6 1=4 2=3
Split split 1 2 in in_0 in_1
Convolution conv 1 1 in_0 conv 0=5 1=1 5=1 6=15
ReLU relu 1 1 in_1 relu
"""
NCNN = Loading("ncnn")


@pytest.fixture(scope="module")
def weights():
    random = np.random.default_rng(1)
    return random.normal(size=(5, 3)).astype(np.float32), random.normal(size=5).astype(np.float32)


@pytest.fixture
def model(tmp_path, weights) -> Path:
    """A 1×1 convolution of a 4×6 image with 3 channels, beside a ReLU of the same image."""
    (tmp_path / "m.param").write_text(GRAPH)
    (tmp_path / "m.bin").write_bytes(np.int32(0).tobytes() + b"".join(array.tobytes() for array in weights))
    return tmp_path / "m.param"


@pytest.fixture
def image():
    return np.random.default_rng(2).normal(size=(3, 4, 6)).astype(np.float32)


def test_inputs_and_outputs_are_those_of_the_graph():
    inputs, outputs = graph_ends(GRAPH.encode(), "m.param")
    assert [(spec.name, spec.shape) for spec in inputs] == [("in", (3, 4, 6))]
    assert [spec.name for spec in outputs] == ["conv", "relu"]
    gathered = GRAPH.replace("4 5", "5 6") + "Noop out 2 1 conv relu out\n"
    assert [spec.name for spec in graph_ends(gathered.encode(), "m.param")[1]] == ["conv", "relu"]
    open_size, _ = graph_ends(GRAPH.replace(" 0=6 1=4", "").encode(), "m.param")
    assert open_size[0].shape == (3, -1, -1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (GRAPH.replace("7767517", "7767516"), "no ncnn graph"),
        (GRAPH.replace("ReLU relu 1 1", "ReLU relu one 1"), "line 6"),
        (GRAPH.replace("ReLU relu 1 1", "ReLU relu 1 9"), "line 6"),
        ("7767517\n1 1\nInput in 0 1 in\n", "no input or no output"),
        ("", "no ncnn graph"),
    ],
)
def test_other_texts_are_refused(changed, said):
    with pytest.raises(InputError, match=said):
        graph_ends(changed.encode(), "m.param")


def test_missing_weights_are_never_taken_for_zeros(model):
    model.with_suffix(".bin").unlink()
    with pytest.raises(InputError, match=r"m\.bin"):
        read_ncnn(model)
    assert read_ncnn(model, weightless=True).weights is None


def test_an_emulated_core_computes_a_graph(emulator, model, weights, image):
    with connect(Device("emulator", "a72")) as link:
        runner = DeviceRunner(link, model, NCNN)
        for given in (image, image[::-1].copy()):
            found = runner.run({"in": given})
            expected = np.einsum("oc,chw->ohw", weights[0], given) + weights[1][:, None, None]
            np.testing.assert_allclose(found["conv"], expected, rtol=1e-5, atol=1e-5)
            np.testing.assert_array_equal(found["relu"], np.maximum(given, 0))
        assert runner.version.startswith("1.0.")
        halved = DeviceRunner(link, model, Loading("ncnn", options=(("use_bf16_storage", True),))).run({"in": image})
        assert not np.array_equal(halved["relu"], np.maximum(image, 0))
        np.testing.assert_allclose(halved["relu"], np.maximum(image, 0), rtol=1e-2)
        (zeros, _) = DeviceRunner(link, model, Loading("ncnn", weightless=True)).run({"in": image}).values()
        assert not zeros.any()
        with pytest.raises(RuntimeFailure, match="no_such_option"):
            DeviceRunner(link, model, Loading("ncnn", options=(("no_such_option", True),)))
