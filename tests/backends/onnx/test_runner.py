from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.runtime import TensorSpec
from edgeface.errors import InputError, RuntimeFailure


def test_runs_a_file_and_the_same_bytes_alike(onnx_file):
    image = np.arange(72, dtype=np.float32).reshape(1, 3, 4, 6)
    from_file = OrtRunner(onnx_file).run({"image": image})["boxes"]
    from_bytes = OrtRunner(onnx_file.read_bytes(), optimize=False).run({"image": image})["boxes"]
    np.testing.assert_array_equal(from_file, image + 0.5)
    np.testing.assert_array_equal(from_bytes, from_file)


def test_lists_inputs_and_outputs(onnx_file):
    runner = OrtRunner(onnx_file)
    assert runner.inputs == (TensorSpec("image", (1, 3, 4, 6), "float32"),)
    assert runner.outputs == (TensorSpec("boxes", (1, 3, 4, 6), "float32"),)


def test_a_dynamic_axis_is_minus_one_and_takes_any_size(onnx_model):
    runner = OrtRunner(onnx_model(["batch", 3, 4, 6]))
    assert runner.inputs[0].shape == (-1, 3, 4, 6)
    assert runner.run({"image": np.zeros((2, 3, 4, 6), np.float32)})["boxes"].shape == (2, 3, 4, 6)


@pytest.mark.parametrize(
    ("feeds", "says"),
    [
        ({}, "the feeds are []"),
        ({"image": np.zeros((1, 3, 4, 5), np.float32)}, "[1, 3, 4, 5]"),
        ({"image": np.zeros((3, 4, 6), np.float32)}, "[3, 4, 6]"),
        ({"image": np.zeros((1, 3, 4, 6), np.float64)}, "float64"),
    ],
)
def test_a_feed_that_does_not_fit_is_named(onnx_file, feeds, says):
    with pytest.raises(RuntimeFailure) as caught:
        OrtRunner(onnx_file).run(feeds)
    assert says in caught.value.what


def test_a_truncated_model_is_refused_with_its_path(onnx_file):
    onnx_file.write_bytes(onnx_file.read_bytes()[:-20])
    with pytest.raises(RuntimeFailure) as caught:
        OrtRunner(onnx_file)
    assert caught.value.where == str(onnx_file)


def test_what_is_not_a_model_is_refused(tmp_path):
    text = tmp_path / "notes.onnx"
    text.write_text("not a model")
    with pytest.raises(InputError, match="does not begin as any ONNX model"):
        OrtRunner(text)
    text.write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        OrtRunner(text)
    with pytest.raises(InputError, match="no such"):
        OrtRunner(tmp_path / "absent.onnx")
    with pytest.raises(InputError, match="folder"):
        OrtRunner(tmp_path)
