from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from edgeface.errors import InputError
from edgeface.graph.onnx_steps.image_shapes import image_shapes
from tests.graph.onnx_steps.models import model

FLOAT = TensorProto.FLOAT


def with_inputs(**shapes):
    nodes = [helper.make_node("Identity", [next(iter(shapes))], ["y"])]
    return model(nodes, {"y": FLOAT}, inputs={name: (FLOAT, shape) for name, shape in shapes.items()})


@pytest.mark.parametrize(
    ("declared", "shape"),
    [
        (("N", 3, "h", "w"), (1, 3, 48, 64)),
        ((10, 3, 32, 32), (1, 3, 48, 64)),
        ((None, None, None, 3), (1, 48, 64, 3)),
        ((1, 112, 112, 1), (1, 48, 64, 1)),
        ((1, 3, 112, 3), (1, 3, 48, 64)),
        (("N", "c", "h", "w"), (1, 3, 48, 64)),
    ],
)
def test_an_image_gets_the_size_and_batch_1(declared, shape):
    found = image_shapes(with_inputs(x=declared, points=(1, 5, 2)), (48, 64), "here")
    assert found == {"x": shape}


@pytest.mark.parametrize("declared", [(1, 136), (1, 8, 32, 32), (1, "c", 32, 32)])
def test_a_model_without_an_image_is_refused(declared):
    with pytest.raises(InputError, match="no image input"):
        image_shapes(with_inputs(x=declared), (48, 64), "here")
