from pathlib import Path

import pytest
import torch

from edgeface.contracts import DetectionContract
from edgeface.images.files import letterbox, read_image
from edgeface.images.folder import list_images
from edgeface.models import family
from edgeface.tasks.detection.average_precision import LabeledDetections, average_precision
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.detection.pascal_voc import read_labels

FAMILY = family("retinaface_mnet025")
VARIANTS = FAMILY.variants()


def precision(data: Path, weights: str, contract: DetectionContract) -> float:
    module = FAMILY.load(data / "weights" / f"retinaface_mnet025_{weights}.pth", contract)
    detections = []
    for path in list_images(data / "labelled"):
        image = read_image(path)
        sized = contract.with_input_size(*image.shape[:2])
        tensor, scale = letterbox(image, sized.input)
        names = ("boxes", "scores", "landmarks")
        outputs = {name: out.numpy() for name, out in zip(names, module(torch.from_numpy(tensor)), strict=True)}
        faces = detect_faces(outputs, sized, scale, image.shape[:2], threshold=0.02)
        detections.append(LabeledDetections(faces, read_labels(path.with_suffix(".xml"))))
    return average_precision(detections, min_side_px=10)


@pytest.mark.real_data
@pytest.mark.parametrize(("weights", "minimum"), [("official", 0.92), ("1mb", 0.94)])
def test_the_declared_contract_finds_the_labeled_faces(weights: str, minimum: float, shared_data: Path) -> None:
    assert precision(shared_data, weights, VARIANTS[weights]) > minimum


@pytest.mark.real_data
def test_wrong_contracts_load_and_lose_precision(shared_data: Path) -> None:
    leaky = VARIANTS["1mb"].model_copy(update={"activation": "leaky_relu", "negative_slope": 0.1})
    assert precision(shared_data, "1mb", leaky) < 0.75
    assert precision(shared_data, "official", VARIANTS["rgb"]) < 0.8
    assert precision(shared_data, "official", VARIANTS["1mb"]) < 0.1
