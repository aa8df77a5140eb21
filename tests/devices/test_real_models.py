"""Real checkpoints on real images: int8 on an emulated Cortex-A72 and A53 is what it is here, bit by bit."""

from __future__ import annotations

import functools

import cv2
import pytest

from edgeface.compile.job import BuildOptions
from edgeface.compile.source import Declared
from edgeface.devices.parity import FLOAT_TOLERANCE, device_parity
from edgeface.devices.parse import parse_device
from edgeface.devices.runner import Loading
from edgeface.images.files import read_image
from edgeface.images.folder import list_images
from edgeface.validate.inputs import task_images

pytestmark = [pytest.mark.real_data, pytest.mark.usefixtures("emulator")]

IMAGES = 10
INTEGERS = BuildOptions(integer_only=True)
PATHS = (Loading("litert", "xnnpack"), Loading("litert", "reference"))
RECOGNIZERS = {"prelu": "mobilefacenet_prelu_112x96.ckpt", "relu6": "mobilefacenet_relu6_128.pt"}


@pytest.fixture(scope="module")
def scenes(shared_data):
    """Ten images, spread evenly."""
    return list_images(shared_data / "scenes")[::12][:IMAGES]


@pytest.fixture(scope="module")
def faces(shared_data, tmp_path_factory):
    """The middles of ten portraits, as files of 112×112 pixels: roughly aligned, which is enough to compare on."""
    folder = tmp_path_factory.mktemp("faces")
    people = sorted((shared_data / "lfw" / "images").iterdir())[::80][:IMAGES]
    for index, person in enumerate(people):
        middle = read_image(list_images(person)[0])[69:181, 69:181]
        cv2.imwrite(str(folder / f"{index:02d}.png"), middle)
    return list_images(folder)


@pytest.fixture(scope="module")
def model(shared_data, scenes, faces, build_artifact):
    """`model(name)`: an integer-only artifact, built once, and the images that it is compared on."""

    @functools.cache
    def build(name):
        if name in RECOGNIZERS:
            declared = Declared("mobilefacenet", shared_data / "weights" / RECOGNIZERS[name])
            return build_artifact(declared, options=INTEGERS, images=faces[:8]), faces
        weights = shared_data / "weights" / "retinaface_mnet025_1mb.pth"
        declared = Declared("retinaface_mnet025", weights, "1mb", input_size=(160, 192))
        return build_artifact(declared, options=INTEGERS, images=scenes[:8]), scenes

    return build


# All that is bit-exact on 20 images stands in reports/arm.md; here there is not the time for that.
COUNTS = [("detector", "a72", 3), ("detector", "a53", 1), ("prelu", "a72", 1)]
"""Network, core, images: each image is some hundred thousand values that are compared."""
LONG = [("detector", "a72", IMAGES), ("detector", "a53", 3), ("prelu", "a72", 4), ("prelu", "a53", 3)]
LONG += [("relu6", "a72", 3), ("relu6", "a53", 2)]
"""Left to `make hostile`: more images, and the same kernels."""


@pytest.mark.parametrize(
    ("name", "device", "count"), [*COUNTS, *(pytest.param(*each, marks=pytest.mark.hostile) for each in LONG)]
)
def test_int8_is_equal_bit_by_bit(model, name, device, count):
    artifact, files = model(name)
    found = device_parity(artifact, parse_device(device), shown(files[:count], artifact), PATHS)
    assert found.images == count
    for path in found.paths:
        assert path.arithmetic == "integer"
        assert path.total.identical, path.as_dict()


@pytest.mark.hostile
def test_a_float_recognizer_agrees_within_the_tolerance(shared_data, faces, build_artifact):
    declared = Declared("mobilefacenet", shared_data / "weights" / RECOGNIZERS["prelu"])
    artifact = build_artifact(declared, "tflite-fp32")
    found = device_parity(artifact, parse_device("a72"), shown(faces[:2], artifact), [Loading()])
    assert found.passed
    assert found.paths[0].total.max_abs <= FLOAT_TOLERANCE


def shown(files, artifact):
    return task_images(files, "comparing", artifact.contract)
