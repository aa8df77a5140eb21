"""The text and the binary file: what ncnn reads in them, and what stays the same."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.ncnn.blobs import MAX_NAME, blob_name, blob_shape
from edgeface.backends.ncnn.layer import FLOAT16, FLOAT32, INT8, Layer, Weight
from edgeface.backends.ncnn.param_file import parse_param
from edgeface.backends.ncnn.write import write_layers


def test_a_value_with_several_readers_is_split_and_an_output_keeps_its_name(written):
    network = parse_param(written().read_bytes(), "m")
    lines = {layer.name: layer for layer in network.layers}
    assert lines["r/split"].outputs == ("r", "r/copy_0", "r/copy_1")
    assert lines["r"].outputs == lines["r/split"].inputs == ("r/made",)
    assert {(port.name, port.shape) for port in network.outputs} == {("r", (1, 8, 6, 5)), ("y", (1, 4, 6, 5))}
    assert [(port.name, port.blob, port.shape) for port in network.inputs] == [("x", "x", (1, 3, 6, 5))]


def test_an_activation_that_only_its_convolution_feeds_is_part_of_that(written):
    kinds = [layer.kind for layer in parse_param(written().read_bytes(), "m").layers]
    assert kinds == ["Input", "Convolution", "Split", "ReLU", "BinaryOp", "Convolution"]


def test_each_blob_is_read_once_and_made_before(written):
    ready: set[str] = set()
    for layer in parse_param(written().read_bytes(), "m").layers:
        assert set(layer.inputs) <= ready
        ready = (ready - set(layer.inputs)) | set(layer.outputs)
    assert ready == {"y", "r"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (3.0, "3.0"),
        (0.1, "0.1"),
        (1e-5, "1e-05"),
        (-2.5e30, "-2.5e+30"),
        ((1, 2), "2,1,2"),
        ((0.5,), "1,0.5"),
    ],
)
def test_floats_are_told_from_integers_by_a_point_or_an_exponent(value, text):
    param, _ = write_layers([Layer("Clip", "c", (), ("c",), {7: value})])
    key = "-23307" if isinstance(value, tuple) else "7"
    assert param.decode().splitlines()[2] == f"Clip c 0 1 c {key}={text}"


@pytest.mark.parametrize(
    ("tag", "numbers"),
    [(None, "<f4"), (FLOAT32, "<f4"), (FLOAT16, "<f2"), (INT8, "i1")],
    ids=["plain", "f4", "f2", "i1"],
)
def test_weights_begin_with_their_type_and_end_at_a_multiple_of_four_bytes(tag, numbers):
    stored = Weight(np.arange(5), tag).stored()
    head = b"" if tag is None else np.uint32(tag).tobytes()
    assert stored.startswith(head + np.arange(5).astype(numbers).tobytes())
    assert len(stored) % 4 == 0
    assert len(stored) - len(head) < 5 * np.dtype(numbers).itemsize + 4


@pytest.mark.parametrize("value", ["a b", "a\tb", "", "x" * 300, "é" * 150, "a=b", "a,b"])
def test_names_that_the_text_cannot_hold_become_others_that_stay_apart(value):
    name = blob_name(value)
    assert name.split() == [name]
    assert 0 < len(name.encode()) <= MAX_NAME
    assert blob_name(value) == name != blob_name(value + "_")
    assert blob_name(name) == name


def test_a_batch_of_one_is_left_out_and_more_axes_than_four_are_one():
    assert [blob_shape(s) for s in ((1, 3, 6, 5), (1, 7), (7,), (), (7, 2), (1, 2, 3, 4, 5), (2, 3, 4, 5, 6))] == [
        *((3, 6, 5), (7,), (7,), (1,), (7, 2), (2, 3, 4, 5), (720,)),
    ]
