"""The programs of docs/integration/python.md, run as they stand there, without edgeface."""

from __future__ import annotations

import subprocess
import sys
from importlib import util

import cv2
import numpy as np
import pytest
from pages import DOCS, blocks_of

from edgeface.bundle.face_runner.images import encode_ppm, read_image
from edgeface.compile.source import Declared
from edgeface.images.folder import list_images
from edgeface.images.synthetic import synthetic_images
from edgeface.inference.detector import Detector
from edgeface.inference.recognizer import Recognizer
from edgeface.tasks.recognition.vectors import cosine

PAGE = "integration/python.md"
LOW = 0.02
"""A threshold at which a network with random weights finds faces."""
SIZES = [(96, 128), (150, 211), (61, 47), (128, 192), (192, 288), (64, 96)]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """A folder with both programs."""
    folder = tmp_path_factory.mktemp("programs")
    texts = [block.text for block in blocks_of(DOCS / PAGE) if block.language == "python"]
    for name, text in zip(("find_faces.py", "compare_faces.py"), texts, strict=True):
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def modules(programs):
    """Both programs as modules."""
    found = {}
    for name in ("find_faces", "compare_faces"):
        spec = util.spec_from_file_location(name, programs / f"{name}.py")
        found[name] = sys.modules[name] = util.module_from_spec(spec)
        spec.loader.exec_module(found[name])
    yield found
    for name in found:
        del sys.modules[name]


def test_they_know_nothing_of_edgeface(programs):
    for name in ("find_faces", "compare_faces"):
        text = (programs / f"{name}.py").read_text()
        assert "edgeface" not in text
        assert "cv2" not in text.replace("cv2.imread", "").replace("cv2.warpAffine", "")


@pytest.mark.parametrize("io", ["float", "int8"])
def test_faces_are_those_of_edgeface(io, modules, seeded_artifact):
    options = {"io": "int8", "integer_only": True} if io == "int8" else {}
    artifact = seeded_artifact("tflite-int8", **options)
    detector, network = Detector(artifact), modules["find_faces"].Network(artifact.folder)
    (large,) = synthetic_images(1, seed=6)
    count = 0
    for height, width in SIZES:
        image = np.ascontiguousarray(large[:height, :width])
        wanted = detector.detect(image, LOW)
        found = modules["find_faces"].find_faces(network, image[:, :, ::-1], LOW)
        assert len(found) == len(wanted)
        for (score, box, points), face in zip(found, wanted, strict=True):
            assert score == pytest.approx(face.score, abs=1e-6)
            np.testing.assert_allclose(box, face.box, atol=0.01)
            np.testing.assert_allclose(points, face.landmarks, atol=0.01)
        count += len(found)
    assert count > 20


def test_pixels_are_those_of_opencv(modules):
    (large,) = synthetic_images(1, seed=8)
    for source, goal in (((97, 131), (60, 80)), ((60, 80), (97, 131)), ((90, 120), (30, 40)), ((60, 80), (30, 40))):
        image = np.ascontiguousarray(large[: source[0], : source[1]])
        way, name = (cv2.INTER_AREA, "shrink") if goal < source else (cv2.INTER_LINEAR, "enlarge")
        wanted = cv2.resize(image, goal[::-1], interpolation=way)
        np.testing.assert_array_equal(getattr(modules["find_faces"], name)(image, *goal), wanted)


def test_an_embedding_is_that_of_edgeface(modules, seeded_artifact):
    options = {"variant": "prelu-112x96", "seed": 2, "io": "int8", "integer_only": True}
    artifact = seeded_artifact("tflite-int8", "mobilefacenet", **options)
    network = modules["compare_faces"].Network(artifact.folder)
    (image,) = synthetic_images(1, seed=6)
    points = np.array([[130.5, 140.2], [190.1, 136.4], [160.0, 170.7], [136.3, 200.2], [188.8, 198.1]], np.float32)
    wanted = Recognizer(artifact).embed_photo(image, points)
    found = modules["compare_faces"].embed(network, image[:, :, ::-1], points)
    assert cosine(np.asarray(found, np.float32), wanted) >= 0.9999


@pytest.mark.real_data
def test_both_run_as_the_page_says(programs, build_artifact, shared_data, tmp_path):
    weights = shared_data / "weights"
    declared = Declared("retinaface_mnet025", weights / "retinaface_mnet025_1mb.pth", "1mb", input_size=(240, 320))
    detector = build_artifact(declared, "tflite-fp32")
    recognizer = build_artifact(Declared("mobilefacenet", weights / "mobilefacenet_prelu_112x96.ckpt"), "tflite-fp32")
    people = map(list_images, sorted((shared_data / "lfw" / "images").iterdir()))
    for index, path in enumerate(next(person for person in people if len(person) > 1)[:2]):
        (tmp_path / f"{index}.ppm").write_bytes(encode_ppm(read_image(path)))
    photographs = [str(tmp_path / f"{index}.ppm") for index in (0, 1)]
    given = ["find_faces.py", detector.folder, photographs[0]], ["compare_faces.py", detector.folder, recognizer.folder]
    commands = [[sys.executable, *given[0]], [sys.executable, *given[1], *photographs]]
    told = [subprocess.run(each, capture_output=True, text=True, check=True, cwd=programs).stdout for each in commands]
    assert " box " in told[0]
    assert 0.4 < float(told[1].removeprefix("cosine ")) <= 1
