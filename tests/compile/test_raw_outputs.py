"""Raw outputs inside a graph that decodes and suppresses them itself."""

from __future__ import annotations

from edgeface.compile.raw_outputs import raw_outputs
from edgeface.graph.onnx_reader import parse_onnx
from tests.compile.decoding_nets import SIDE, Net

IMAGE = ("image", (1, 3, SIDE, SIDE))


def names(model):
    return [value.name for value in model.graph.output]


def blazeface(path, width=16):
    """Raw tables of BlazeFace's short-range layout, from which the graph makes boxes in shares of the input."""
    net = Net()
    boxes, scores = (
        net.op("Concat", *(net.rows(s, n * c, c) for s, n in ((8, 2), (16, 6))), axis=1, name=name)
        for c, name in ((width, "raw"), (1, "logits"))
    )
    centers, halves = (
        net.op("Div", net.part(boxes, *ends, 2), [float(by)]) for ends, by in (((0, 2), SIDE), ((2, 4), 128))
    )
    net.op("Concat", net.op("Sub", centers, halves), net.op("Add", centers, halves), axis=2, name="boxes")
    net.op("Sigmoid", scores, name="scores")
    return parse_onnx(net.save(path / "net.onnx", "boxes", "scores"))


def test_tables_in_front_of_a_decode_are_found(tmp_path):
    assert set(names(raw_outputs(blazeface(tmp_path), IMAGE, (SIDE, SIDE)))) == {"raw", "logits"}


def test_maps_of_the_last_layers_are_found(tmp_path):
    net = Net()
    maps = [net.head(stride, 80) for stride in (8, 16, 32)]
    tables = [net.op("Reshape", net.op("Sigmoid", each), [1, 80, -1]) for each in maps]
    net.op("ReduceMax", net.op("Concat", *tables, axis=2), axes=[2], name="best")
    model = parse_onnx(net.save(tmp_path / "net.onnx", "best"))
    assert names(raw_outputs(model, IMAGE, (SIDE, SIDE))) == maps


def test_other_networks_have_none(tmp_path):
    assert raw_outputs(blazeface(tmp_path, width=7), IMAGE, (SIDE, SIDE)) is None
    net = Net()
    net.op("ReduceMean", net.head(16, 136), axes=[2, 3], keepdims=0, name="points")
    model = parse_onnx(net.save(tmp_path / "points.onnx", "points"))
    assert raw_outputs(model, IMAGE, (SIDE, SIDE)) is None
    assert names(model) == ["points"]
