"""Small detectors that decode their own outputs, written operator by operator, with their contracts."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from edgeface.contracts import DetectionContract
from edgeface.tasks.detection.decoders.ssd import prior_boxes

SIDE = 64
SIZES = ((8, 20), (30,))


class Net:
    """A detector of one layer per head, written operator by operator."""

    def __init__(self):
        self.nodes, self.constants, self.random = [], [], np.random.default_rng(3)

    def op(self, kind, *inputs, name=None, **attributes):
        given = [item if isinstance(item, str) else self.constant(item) for item in inputs]
        outputs = [name or f"v{len(self.nodes)}"]
        self.nodes.append(helper.make_node(kind, given, outputs, **attributes))
        return outputs[0]

    def constant(self, values):
        array = np.asarray(values)
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        self.constants.append(numpy_helper.from_array(array, f"c{len(self.constants)}"))
        return self.constants[-1].name

    def head(self, stride, channels):
        weights = self.random.normal(0, 0.1, (channels, 3, stride, stride)) * 4 / stride
        return self.op("Conv", "image", weights, strides=[stride, stride])

    def rows(self, stride, channels, width):
        return self.op("Reshape", self.op("Transpose", self.head(stride, channels), perm=[0, 2, 3, 1]), [1, -1, width])

    def part(self, value, start, end, axis):
        return self.op("Slice", value, [start], [end], [axis])

    def save(self, path, *outputs):
        shown = [helper.make_empty_tensor_value_info(name) for name in outputs]
        for value in shown:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
        graph = helper.make_graph(self.nodes, "net", [image], shown, self.constants)
        path.write_bytes(
            helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
        )
        return path


def contract(decoder, parameters, outputs):
    image = {"name": "image", "height": SIDE, "width": SIDE, "color": "rgb", "mean": (0, 0, 0), "scale": (0.01,) * 3}
    return DetectionContract(
        family="f", variant="v", decoder=decoder, parameters=parameters, outputs=outputs, input=image
    )


def ssd(path, variances=(0.1, 0.2), factor=1.0):
    """Boxes decoded in the graph over priors of `SIZES` at strides 16 and 32, scores after softmax."""
    net, width = Net(), [len(sizes) for sizes in SIZES]
    raw = [
        net.op("Concat", *(net.rows(s, n * c, c) for s, n in zip((16, 32), width, strict=True)), axis=1) for c in (4, 2)
    ]
    priors = prior_boxes((16, 32), SIZES, SIDE, SIDE)
    moved = net.op("Mul", net.op("Mul", net.part(raw[0], 0, 2, 2), [variances[0] * factor]), priors[None, :, 2:])
    centers = net.op("Add", moved, priors[None, :, :2])
    grown = net.op("Exp", net.op("Mul", net.part(raw[0], 2, 4, 2), [variances[1]]))
    halves = net.op("Div", net.op("Mul", grown, priors[None, :, 2:]), [2.0])
    net.op("Concat", net.op("Sub", centers, halves), net.op("Add", centers, halves), axis=2, name="boxes")
    net.op("Softmax", raw[1], axis=2, name="scores")
    return net.save(path / "ssd.onnx", "scores", "boxes")


def yolo5(path):
    net, tables = Net(), []
    for stride, anchor in ((8, (10, 12)), (16, (20, 24))):
        cells = SIDE // stride
        raw = net.op("Reshape", net.head(stride, 16), [1, 1, 16, cells, cells])
        raw = net.op("Transpose", raw, perm=[0, 1, 3, 4, 2])
        y, x = np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij")
        grid = np.stack([x, y], -1)[None, None].astype(np.float32)
        done = net.op("Sigmoid", raw)
        centers = net.op(
            "Mul", net.op("Add", net.op("Mul", net.part(done, 0, 2, 4), [2.0]), grid - 0.5), [float(stride)]
        )
        sides = net.op("Mul", net.op("Pow", net.op("Mul", net.part(done, 2, 4, 4), [2.0]), [2.0]), np.float32(anchor))
        points = net.op(
            "Add", net.op("Mul", net.part(raw, 5, 15, 4), np.tile(np.float32(anchor), 5)), np.tile(grid * stride, 5)
        )
        parts = centers, sides, net.part(done, 4, 5, 4), points, net.part(done, 15, 16, 4)
        tables.append(net.op("Reshape", net.op("Concat", *parts, axis=4), [1, -1, 16]))
    net.op("Concat", *tables, axis=1, name="rows")
    return net.save(path / "yolo5.onnx", "rows")


def yolo8(path):
    net, tables = Net(), []
    for stride in (8, 16):
        cells = SIDE // stride
        boxes, score, points = (net.head(stride, channels) for channels in (64, 1, 15))
        bins = net.op("Transpose", net.op("Reshape", boxes, [1, 4, 16, cells * cells]), perm=[0, 2, 1, 3])
        mean = net.op("Conv", net.op("Softmax", bins, axis=1), np.arange(16.0).reshape(1, 16, 1, 1))
        sides = net.op("Reshape", mean, [1, 4, cells * cells])
        y, x = (np.float32(axis).reshape(1, 1, -1) for axis in np.divmod(np.arange(cells * cells), cells))
        place = np.concatenate([x, y], axis=1)
        low = net.op("Sub", place + np.float32(0.5), net.part(sides, 0, 2, 1))
        high = net.op("Add", net.part(sides, 2, 4, 1), place + np.float32(0.5))
        box = net.op("Concat", net.op("Div", net.op("Add", low, high), [2.0]), net.op("Sub", high, low), axis=1)
        box = net.op("Mul", box, [float(stride)])
        likely = net.op("Reshape", net.op("Sigmoid", score), [1, 1, cells * cells])
        flat = net.op("Reshape", points, [1, 5, 3, cells * cells])
        moved = net.op(
            "Mul", net.op("Add", net.op("Mul", net.part(flat, 0, 2, 2), [2.0]), place[:, None]), [float(stride)]
        )
        seen = net.op("Sigmoid", net.part(flat, 2, 3, 2))
        marks = net.op("Reshape", net.op("Concat", moved, seen, axis=2), [1, 15, cells * cells])
        tables.append(net.op("Concat", box, likely, marks, axis=1))
    net.op("Concat", *tables, axis=2, name="table")
    return net.save(path / "yolo8.onnx", "table")


ULTRA = contract("ultraface", {"strides": (16, 32), "sizes": SIZES}, {"scores": "scores", "boxes": "boxes"})
YOLO5 = contract(
    "yolo5_face", {"strides": (8, 16), "anchors": (((10, 12),), ((20, 24),)), "layout": "rows"}, {"rows": "rows"}
)
YOLO8 = contract("yolo8_face", {"strides": (8, 16), "layout": "columns"}, {"table": "table"})
