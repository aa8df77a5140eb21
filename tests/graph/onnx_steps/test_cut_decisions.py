from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_steps.prepare import prepare
from tests.graph.onnx_steps.models import branch, model

NODE = helper.make_node
F, INT, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
HEADS = [
    NODE("Conv", ["x", "w"], ["maps"]),
    NODE("Reshape", ["maps", "rows"], ["boxes"]),
    NODE("ReduceMean", ["boxes"], ["scores"], axes=[2], keepdims=0),
]
HELD = {
    "w": np.ones((4, 4, 1, 1), np.float32),
    "rows": np.array([1, 30, 4]),
    "spread": np.array([1, 1, 30]),
    "count": np.array([5]),
    "limit": np.array([0.5], np.float32),
    "two": np.array(2),
}


def built(nodes, outputs, **options):
    return model([*HEADS, *nodes], outputs, HELD, **options)


SUPPRESSION = [
    NODE("Reshape", ["scores", "spread"], ["classes"]),
    NODE("NonMaxSuppression", ["boxes", "classes", "count", "limit", "limit"], ["chosen"]),
    NODE("Gather", ["chosen", "two"], ["index"], axis=1),
    NODE("Gather", ["boxes", "index"], ["faces"], axis=1),
]
TURNED = [
    NODE("Sigmoid", ["boxes"], ["each"]),
    NODE("Transpose", ["each"], ["classes"], perm=[0, 2, 1]),
    *SUPPRESSION[1:],
]
PEAKS = [
    NODE("MaxPool", ["maps"], ["highest"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    NODE("Equal", ["highest", "maps"], ["peak"]),
    NODE("Cast", ["peak"], ["mask"], to=F),
    NODE("Mul", ["maps", "mask"], ["peaks"]),
]
ABOVE = [
    NODE("Greater", ["scores", "limit"], ["above"]),
    NODE("NonZero", ["above"], ["where"]),
    NODE("GatherND", ["scores", "turned"], ["kept"]),
]
ABOVE.insert(2, NODE("Transpose", ["where"], ["turned"]))
STEP = helper.make_graph(
    [NODE("Identity", ["going"], ["on"]), NODE("Relu", ["carried"], ["next"])],
    "step",
    [helper.make_tensor_value_info(n, t, ()) for n, t in (("i", INT), ("going", B))]
    + [helper.make_tensor_value_info("carried", F, (1, 30))],
    [helper.make_tensor_value_info("on", B, ()), helper.make_tensor_value_info("next", F, (1, 30))],
)


@pytest.mark.parametrize(
    ("nodes", "outputs", "heads", "operator"),
    [
        (SUPPRESSION, {"faces": F}, ["boxes", "classes"], "NonMaxSuppression"),
        (SUPPRESSION, {"faces": F, "index": INT}, ["boxes", "classes"], "NonMaxSuppression"),
        (SUPPRESSION, {"maps": F, "faces": F}, ["maps", "boxes", "classes"], "NonMaxSuppression"),
        (TURNED, {"faces": F}, ["boxes", "each"], "NonMaxSuppression"),
        ([NODE("TopK", ["scores", "count"], ["best", "at"])], {"best": F, "at": INT}, ["scores"], "TopK"),
        ([NODE("ArgMax", ["boxes"], ["class"], axis=2)], {"class": INT}, ["boxes"], "ArgMax"),
        (PEAKS, {"peaks": F}, ["maps"], "Equal"),
        (ABOVE, {"kept": F}, ["scores"], "NonZero"),
        ([NODE("Loop", ["two", "", "scores"], ["last"], body=STEP)], {"last": F}, ["scores"], "Loop"),
        ([NODE("Cast", ["scores"], ["whole"], to=INT)], {"whole": INT}, ["scores"], "Cast"),
        ([NODE("Greater", ["scores", "limit"], ["above"])], {"above": B}, ["scores"], "Greater"),
    ],
)
def test_the_outputs_are_the_float_values_that_decisions_read(nodes, outputs, heads, operator):
    prepared = prepare(built(nodes, outputs), "here")
    assert sorted(v.name for v in prepared.model.graph.output) == sorted(heads)
    assert prepared.cut is not None
    assert operator in str(prepared.cut)
    assert set(prepared.cut.outputs) <= set(outputs)
    assert not {"NonMaxSuppression", "TopK", "ArgMax", "Equal", "NonZero", "Loop"} & {
        node.op_type for node in prepared.model.graph.node
    }


def test_a_branch_that_suppresses_is_cut_too():
    held = {f"{k}_branch": branch(k, [NODE("TopK", ["scores", "count"], [k, f"{k}_at"])], k) for k in ("then", "else")}
    nodes = [NODE("ReduceMax", ["scores"], ["best"], keepdims=0), NODE("Greater", ["best", "half"], ["any"])]
    proto = built([*nodes, NODE("If", ["any"], ["y"], **held)], {"y": F})
    proto.graph.initializer.append(helper.make_tensor("half", F, [], [0.5]))
    prepared = prepare(proto, "here")
    assert [v.name for v in prepared.model.graph.output] == ["scores", "best"]


def test_thresholds_that_are_inputs_vanish_with_what_read_them():
    proto = built(SUPPRESSION, {"faces": F}, inputs={"x": (F, (1, 4, 6, 5)), "limit": (F, (1,)), "count": (INT, (1,))})
    for index in reversed(range(len(proto.graph.initializer))):
        if proto.graph.initializer[index].name in {"limit", "count"}:
            del proto.graph.initializer[index]
    assert [v.name for v in prepare(proto, "here").model.graph.input] == ["x"]


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([], {"boxes": F}),
        ([NODE("MaxPool", ["maps"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1])], {"y": F}),
        ([*SUPPRESSION], {"boxes": F}),
        ([NODE("TopK", ["boxes", "two_"], ["best", "at"]), NODE("MatMul", ["best", "wide"], ["y"])], {"y": F}),
    ],
)
def test_a_network_that_does_not_end_in_decisions_is_not_cut(nodes, outputs):
    proto = built(nodes, outputs)
    proto.graph.initializer.append(helper.make_tensor("two_", INT, [1], [2]))
    proto.graph.initializer.append(helper.make_tensor("wide", F, [2, 2], [1, 2, 3, 4]))
    prepared = prepare(proto, "here")
    assert prepared.cut is None
    assert [v.name for v in prepared.model.graph.output] == list(outputs)


def test_the_reader_says_what_it_cut(capsys):
    from edgeface.core import progress

    progress.show(True)
    try:
        proto = model([HEADS[0], NODE("ArgMax", ["maps"], ["class"], axis=1)], {"class": INT}, {"w": HELD["w"]})
        assert read_onnx(proto.SerializeToString()).outputs == ("maps",)
    finally:
        progress.show(False)
    assert "ArgMax" in capsys.readouterr().err
