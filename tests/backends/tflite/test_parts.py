"""What LiteRT computes as one operator is one operation."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.tflite.flatbuffer import ModelBuilder, Operator
from edgeface.backends.tflite.parts import TfliteParts
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.errors import InputError


def convolution():
    options = schema.Conv2DOptionsT()
    options.padding, options.strideH, options.strideW = schema.Padding.VALID, 1, 1
    options.dilationHFactor = options.dilationWFactor = 1
    return Operator("CONV_2D", options=options)


class Sketch:
    """A model that pads x, once for each reader or once for both, and convolves it twice."""

    def __init__(self, half=False):
        self.builder = ModelBuilder("g")
        self.x = self.builder.tensor("x", (1, 4, 4, 8), "float32")
        self.bias = self.builder.constant("bias", np.zeros(8, np.float32))
        self.sides = self.builder.constant("sides", np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
        self.weights = self.builder.constant("w", np.ones((8, 3, 3, 8), np.float16 if half else np.float32))
        if half:
            stored, self.weights = self.weights, self.builder.tensor("w32", (8, 3, 3, 8), "float32")
            self.builder.operator(Operator("DEQUANTIZE", options=schema.DequantizeOptionsT()), [stored], [self.weights])

    def padded(self, name):
        made = self.builder.tensor(name, (1, 6, 6, 8), "float32")
        self.builder.operator(Operator("PAD", options=schema.PadOptionsT()), [self.x, self.sides], [made])
        return made

    def convolved(self, name, read):
        made = self.builder.tensor(name, (1, 4, 4, 8), "float32")
        self.builder.operator(convolution(), [read, self.weights, self.bias], [made])
        return made

    def taken_apart(self, tmp_path, **outputs):
        path = tmp_path / "model.tflite"
        path.write_bytes(self.builder.finish({"x": self.x}, outputs, {}))
        return TfliteParts(path)


def named(found):
    return [(each.operator, each.name) for each in found.operations]


def test_padding_belongs_to_the_convolution_that_alone_reads_it(tmp_path):
    sketch = Sketch()
    y = sketch.convolved("y", sketch.padded("p"))
    assert named(sketch.taken_apart(tmp_path, y=y)) == [("CONV_2D", "y")]


def test_padding_that_several_read_stands_alone(tmp_path):
    sketch = Sketch()
    p = sketch.padded("p")
    found = sketch.taken_apart(tmp_path, y=sketch.convolved("y", p), z=sketch.convolved("z", p))
    assert named(found) == [("PAD", "p"), ("CONV_2D", "y"), ("CONV_2D", "z")]
    assert found.operations[1].alike == found.operations[2].alike != found.operations[0].alike


def test_padding_that_is_an_output_stands_alone(tmp_path):
    sketch = Sketch()
    p = sketch.padded("p")
    assert named(sketch.taken_apart(tmp_path, p=p, y=sketch.convolved("y", p))) == [("PAD", "p"), ("CONV_2D", "y")]


def test_conversions_of_stored_weights_go_with_their_readers(tmp_path):
    sketch = Sketch(half=True)
    y = sketch.convolved("y", sketch.padded("p"))
    found = sketch.taken_apart(tmp_path, y=y)
    assert named(found) == [("CONV_2D", "y")]
    runner = LiteRtRunner(found.model([0])[".tflite"])
    assert [spec.name for spec in runner.inputs] == ["x"]
    assert [operator.name for operator in runner.operators()] == ["DEQUANTIZE", "PAD", "CONV_2D"]


def test_what_is_no_flatbuffer_is_refused(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"\x08\x00\x00\x00TFL3" + bytes(40))
    with pytest.raises(InputError):
        TfliteParts(path)
