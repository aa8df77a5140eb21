"""A detector's file that declares nothing is read by its outputs' shapes and by faces, or refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edgeface.compile.infer_contract import recognize, settle
from edgeface.contracts import DetectionContract
from edgeface.errors import ContractError
from edgeface.images.files import read_image
from edgeface.images.folder import list_images
from edgeface.images.split import spread
from edgeface.tasks.detection.preprocessing import Preprocessing, of_contract
from edgeface.tasks.detection.undeclared import UNDECLARED
from edgeface.tasks.undeclared import Evidence, NetworkFile, Settled

SIDE = 160
STRIDES = (8, 16, 32)
SKIN = np.array([70, 130, 215], np.float32)
"""In BGR."""

PM1 = Preprocessing("rgb", (127.5,) * 3, (1 / 128,) * 3)
RAW = Preprocessing("bgr", (0.0,) * 3, (1.0,) * 3)
UNIT = Preprocessing("rgb", (0.0,) * 3, (1 / 255,) * 3)
CAFFE = Preprocessing("bgr", (104.0, 117.0, 123.0), (1.0,) * 3)
PLACES = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.34, 0.78], [0.66, 0.78]], np.float32)


def photographs(count: int = 4) -> list[NDArray[np.uint8]]:
    """Noise with two faces each: ellipses of the color of skin."""
    drawn = []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        image = rng.integers(60, 120, (200, 240, 3), dtype=np.uint8)
        for x in (60, 170):
            sides = (int(rng.integers(18, 30)), int(rng.integers(26, 38)))
            color = tuple(float(v) for v in SKIN + rng.integers(-6, 6, 3))
            cv2.ellipse(image, (x + int(rng.integers(-12, 12)), 100), sides, 0, 0, 360, color, -1)
        drawn.append(image)
    return drawn


@dataclass(frozen=True)
class Skin:
    """An SCRFD-like network that finds patches of skin, surer the nearer their color is to what it was trained on."""

    trained: Preprocessing
    by_color: bool = True
    landmarks: int = 5

    def __call__(self, _: object, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        pixels = tensor[0].transpose(1, 2, 0) / np.array(self.trained.scale) + np.array(self.trained.mean)
        pixels = pixels if self.trained.color == "bgr" else pixels[:, :, ::-1]
        wanted = SKIN if self.by_color else np.full(3, SKIN.mean())
        pixels = pixels if self.by_color else np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
        near = np.linalg.norm(pixels - wanted, axis=2) / 90
        _, _, stats, centers = cv2.connectedComponentsWithStats((near < 1).astype(np.uint8))
        found = [(row, center) for row, center in zip(stats[1:], centers[1:], strict=True) if row[4] > 20]
        outputs = {"scores": [], "boxes": [], "points": []}
        for stride in STRIDES:
            cells = np.stack(np.meshgrid(np.arange(SIDE // stride), np.arange(SIDE // stride)), -1).reshape(-1, 2)
            anchors = np.repeat(cells * stride, 2, axis=0).astype(np.float32)
            scores, boxes = np.zeros((len(anchors), 1)), np.zeros((len(anchors), 4))
            points = np.zeros((len(anchors), 10))
            for (x, y, w, h, area), center in found:
                inside = np.linalg.norm(anchors - center, axis=1) < stride
                patch = near[y : y + h, x : x + w]
                scores[inside] = float(np.mean(np.clip(1 - patch, 0, 1)) * min(area / 150, 1)) ** 0.25
                boxes[inside] = np.hstack([anchors - (x, y), (x + w, y + h) - anchors])[inside] / stride
                places = (x, y) + PLACES * (w, h)
                points[inside] = ((places[None] - anchors[:, None]) / stride).reshape(-1, 10)[inside]
            for role, values in (("scores", scores), ("boxes", boxes), ("points", points)):
                outputs[role].append(values.astype(np.float32)[None])
        kept = outputs if self.landmarks else {k: v for k, v in outputs.items() if k != "points"}
        return {f"{role}{i}": array for role, arrays in kept.items() for i, array in enumerate(arrays)}


def file_of(network: Callable[..., dict[str, NDArray[np.float32]]], **shown: object) -> NetworkFile:
    outputs = network(None, np.zeros((1, 3, SIDE, SIDE), np.float32))
    shapes = {name: array.shape for name, array in outputs.items()}
    return replace(NetworkFile("own", "input", SIDE, SIDE, 3, shapes), **shown)


def settled(network: Skin, images: Sequence[NDArray[np.uint8]], **declared: str) -> Settled:
    file = file_of(network)
    return UNDECLARED.settle(file, UNDECLARED.readings(file), Evidence(network, images, declared=declared))


def how(found: Settled) -> dict[str, str]:
    return {each.field: each.how for each in found.verdicts}


@pytest.mark.parametrize("trained", [PM1, RAW, UNIT, CAFFE], ids=lambda each: f"{each.color} {each.levels}")
def test_the_preprocessing_that_a_network_was_trained_with_is_found(trained: Preprocessing) -> None:
    found = settled(Skin(trained), photographs())
    assert of_contract(found.contract).like(trained)
    assert how(found) == {"decoder": "inferred", "input.color": "inferred", "input.mean, input.scale": "inferred"}
    assert found.checked


def test_a_network_without_landmarks_is_judged_by_its_boxes() -> None:
    found = settled(Skin(PM1.flipped, landmarks=0), photographs())
    assert (found.contract.input.color, found.contract.parameters.model_dump()["landmarks"]) == ("bgr", 0)


def test_where_colors_make_no_difference_the_documented_order_is_taken_and_said() -> None:
    found = settled(Skin(PM1, by_color=False), photographs())
    assert found.contract.input.color == "rgb"
    assert how(found)["input.color"] == "indifferent"
    assert not found.refused


@pytest.mark.parametrize("images", [[], [np.full((100, 120, 3), 90, np.uint8)] * 3])
def test_without_faces_every_field_of_the_input_is_refused(images: list[NDArray[np.uint8]]) -> None:
    found = settled(Skin(PM1), images)
    assert [each.field for each in found.refused] == ["input.color", "input.mean, input.scale"]
    assert not found.checked


def test_a_declared_order_that_the_images_contradict_is_an_error_with_figures() -> None:
    with pytest.raises(ContractError, match=r"declared as color bgr.* behaves as color rgb .*standard errors on"):
        settled(Skin(PM1), photographs(), color="bgr")
    assert how(settled(Skin(PM1), photographs(), color="rgb"))["input.color"] == "declared"


def test_what_the_graph_normalizes_is_not_normalized_again() -> None:
    network = Skin(replace(RAW, color="rgb"))
    file = file_of(network, takes="pixels", said="normalizes values of 0 to 255 itself")
    (reading,) = UNDECLARED.readings(file)
    found = UNDECLARED.settle(file, [reading], Evidence(network, photographs()))
    assert found.contract.input.mean == (0.0,) * 3
    assert found.contract.input.scale == (1.0,) * 3
    declared: DetectionContract = PM1.of(reading)
    with pytest.raises(ContractError, match=r"behaves as color rgb, x .*graph normalizes values"):
        UNDECLARED.check(file, declared, Evidence(network, photographs()))


def test_a_graph_that_reverses_channels_reverses_what_is_documented() -> None:
    file = file_of(Skin(PM1))
    assert [each.input.color for each in UNDECLARED.readings(file)] == ["rgb"]
    assert [each.input.color for each in UNDECLARED.readings(replace(file, reversed_channels=True))] == ["bgr"]


def test_a_right_contract_is_confirmed_and_a_wrong_scale_contradicted() -> None:
    network = Skin(PM1)
    file = file_of(network)
    (reading,) = UNDECLARED.readings(file)
    confirmed = UNDECLARED.check(file, reading, Evidence(network, photographs()))
    assert set(how(confirmed).values()) == {"declared"}
    assert confirmed.checked
    with pytest.raises(ContractError, match=r"\(x − 127.5\)/128"):
        UNDECLARED.check(
            file, replace(PM1, mean=(0.0,) * 3, scale=(1.0,) * 3).of(reading), Evidence(network, photographs())
        )


def test_the_same_images_give_the_same_verdicts() -> None:
    assert settled(Skin(UNIT), photographs()) == settled(Skin(UNIT), photographs())


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "color", "levels"),
    [("yunet_s_320", "bgr", "x"), ("ultraface_slim320_nopost", "rgb", "(x − 127)/128")],
)
def test_public_files_are_read_as_documented(shared_data, name: str, color: str, levels: str) -> None:
    images = [read_image(path) for path in spread(list_images(shared_data / "lfw"), 12)]
    found = settle(recognize(shared_data / "onnx" / f"{name}.onnx"), images, None, {})
    assert not found.refused
    assert (found.contract.input.color, of_contract(found.contract).levels) == (color, levels)
