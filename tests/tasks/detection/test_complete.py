"""What the shapes of outputs tell need not be declared."""

from __future__ import annotations

import pytest

from edgeface.contracts import DetectionContract, RecognitionContract
from edgeface.tasks.detection.complete import completed
from edgeface.tasks.detection.decoders import decoders

IMAGE = {"name": "x", "height": 64, "width": 64, "color": "rgb", "mean": (0, 0, 0)}


def contract(decoder, outputs, **parameters):
    return DetectionContract(
        family="f", variant="v", decoder=decoder, parameters=parameters, outputs=outputs, input=IMAGE
    )


NAMES = [f"o{index}" for index in range(12)]
ANCHORS = {"strides": (16,), "sizes": ((16,),)}


@pytest.mark.parametrize(
    ("decoder", "declared", "told", "roles"),
    [
        ("scrfd", {}, {"landmarks": 0}, None),
        ("scrfd", {"per_cell": 2}, {"landmarks": 4}, None),
        ("yunet", {}, {}, {"scores": NAMES[:6], "boxes": NAMES[6:9], "landmarks": NAMES[9:]}),
        ("ssd", ANCHORS, {"landmarks": 4}, None),
        ("ssd", {**ANCHORS, "landmarks": 0}, {"columns": 1}, None),
        ("ultraface", {"box": "ssd"}, {"classes": 3}, None),
        ("blazeface", {}, {"split": True}, None),
        ("blazeface", {"offset": 0.5}, {"strides": (16, 32)}, None),
        ("yolo5_face", {}, {"layout": "rows"}, {"scores": "o0"}),
        ("yolo8_face", {}, {"layout": "columns", "values": 2}, {"table": "o0"}),
    ],
)
def test_roles_and_parameters_follow_from_shapes(decoder, declared, told, roles):
    made = decoders()[decoder](**{**declared, **told})
    shapes = made.expected(64, 64)
    names = {role: f"o{index}" for index, role in enumerate(shapes)}
    outputs = {names[role]: shape for role, shape in shapes.items()}
    found = completed(contract(decoder, roles or names, **declared), outputs)
    parameters = found.parameters.model_dump()
    assert {key: parameters.get(key) for key in {**declared, **told}} == {**declared, **told}
    assert set(found.output_names) == set(outputs)
    assert completed(found, outputs) is None


def test_what_fits_or_can_not_fit_and_other_tasks_stay():
    right = contract("scrfd", {"scores": ("a",), "boxes": ("b",)}, strides=(32,), landmarks=0)
    assert completed(right, {"a": (8, 1), "b": (8, 4)}) is None
    assert completed(right, {"a": (9, 1), "b": (9, 4)}) is None
    face = RecognitionContract(family="f", variant="v", input=IMAGE, output="e", width=4)
    assert completed(face, {"e": (1, 4)}) is None


def test_what_is_declared_is_not_changed():
    declared = contract("scrfd", {"scores": ("a",), "boxes": ("b",)}, strides=(32,), landmarks=5)
    assert completed(declared, {"a": (8, 1), "b": (8, 4)}) is None


@pytest.mark.parametrize(("one", "other"), [("b", "c"), ("c", "b")])
def test_roles_that_shapes_leave_open_are_as_declared(one, other):
    outputs = {"a": (1, 1, 16, 16), "b": (1, 2, 16, 16), "c": (1, 2, 16, 16)}
    found = completed(contract("centerface", {"heat": "a", "boxes": one, "offsets": other}), outputs)
    assert found.outputs.by_role == {"scores": "a", "sizes": one, "offsets": other}
