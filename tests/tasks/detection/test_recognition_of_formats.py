"""Which decoders a network's outputs may be for, over all decoders."""

from __future__ import annotations

import pytest

from edgeface.tasks.detection.decoders import decoders, documented_inputs, recognized
from edgeface.tasks.detection.decoders.blazeface import BlazeFace
from edgeface.tasks.detection.decoders.centerface import CenterFace
from edgeface.tasks.detection.decoders.rpn import Rpn
from edgeface.tasks.detection.decoders.scrfd import Scrfd
from edgeface.tasks.detection.decoders.ssd import Ssd
from edgeface.tasks.detection.decoders.ultraface import UltraFace
from edgeface.tasks.detection.decoders.yolo5_face import Yolo5Face
from edgeface.tasks.detection.decoders.yolo8_face import Yolo8Face
from edgeface.tasks.detection.decoders.yunet import YuNet
from edgeface.tasks.detection.decoders.yunet_2021 import YuNet2021

SIZE = (256, 256)
RETINA = Ssd((8, 16, 32), ((16, 32), (64, 128), (256, 512)))
SLIM = Ssd((8, 16, 32, 64), UltraFace.sizes)


@pytest.mark.parametrize(
    ("decoder", "names"),
    [
        (BlazeFace((16, 32)), {"blazeface"}),
        (BlazeFace(split=True), {"blazeface"}),
        (CenterFace(), {"centerface"}),
        (Rpn(), {"rpn"}),
        (Scrfd(), {"scrfd"}),
        (Scrfd(landmarks=0), {"scrfd"}),
        (RETINA, {"ssd"}),
        (SLIM, {"ssd"}),
        (UltraFace(), {"ultraface"}),
        (Yolo5Face(), {"yolo5_face"}),
        (Yolo5Face(layout="channels"), {"yolo5_face"}),
        (Yolo5Face(layout="rows"), {"yolo5_face"}),
        (Yolo8Face(), {"yolo8_face"}),
        (Yolo8Face(layout="columns"), {"yolo8_face"}),
        (YuNet(), {"yunet"}),
        (YuNet(landmarks=0), {"yunet"}),
        (YuNet2021(), {"yunet_2021"}),
    ],
)
@pytest.mark.parametrize("batch", [True, False])
def test_each_format_is_recognised_by_its_decoder_alone(decoder, names, batch):
    shapes = decoder.expected(*SIZE)
    tables = all(len(shape) == 3 for shape in shapes.values()) and not isinstance(decoder, Yolo5Face | Yolo8Face)
    unnamed = {f"{index}": shape[1:] if tables and not batch else shape for index, shape in enumerate(shapes.values())}
    found = recognized(unnamed, *SIZE)
    assert {name for name, _ in found} == names
    assert decoder in [decoders()[name](**one.parameters) for name, one in found]


@pytest.mark.parametrize("shapes", [{"a": (1, 512)}, {"a": (1, 136)}, {"a": (1, 1000)}, {"a": (1, 68, 64, 64)}, {}])
def test_other_tasks_are_no_format(shapes):
    assert recognized(shapes, *SIZE) == []


def test_documented_inputs_are_of_the_known_decoders():
    assert documented_inputs("scrfd")[0].color == "rgb"
    assert documented_inputs("yunet")[0].color == "bgr"
    assert documented_inputs("none of them") == ()
    assert all(documented_inputs(name) for name in decoders())
