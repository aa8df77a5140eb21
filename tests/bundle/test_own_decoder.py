"""A decoder as CONTRIBUTING says how to add one, one file: exported, judged, described, run, and run on a board."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from edgeface import Detector, ExportRequest, export, load
from edgeface.bundle.archive import open_archive
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.compile.report_options import REPORT, ReportOptions
from edgeface.tasks import task_of
from edgeface.validate.check_parity import ParityRequest, check_parity
from edgeface.validate.describe import describe

SIZE = 64
SIDE_PX = 24
CONTRACT = """
task = "detection"
decoder = "blobs"
score_threshold = 0.5

[input]
name = "image"
height = 64
width = 64
color = "bgr"
mean = [0.0, 0.0, 0.0]
scale = [0.00392, 0.00392, 0.00392]

[parameters]
stride = 8
places = [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.34, 0.78], [0.66, 0.78]]

[outputs]
heat = "warm"
sides = "size"
"""


def scene(*centers):
    """A dark image of 64×64 pixels with a bright cell of 8×8 at each place."""
    image = np.random.default_rng(len(centers)).integers(10, 30, (SIZE, SIZE, 3), np.uint8)
    for x, y in centers:
        image[y - 4 : y + 4, x - 4 : x + 4] = 240
    return image


SCENE = scene((12, 20), (44, 44))


def network():
    """Heat of a cell by its brightness, sides always 24 pixels: an ONNX model."""
    from onnx import TensorProto, helper, numpy_helper

    weights = {
        "mean": np.full((1, 3, 8, 8), 20 / (3 * 8 * 8), np.float32),
        "middle": np.float32([-10.0]),
        "faint": np.full((1, 3, 8, 8), 1e-7, np.float32),  # hardly anything: weights that are all zero are refused
        "side": np.float32([SIDE_PX]),
        "flat": np.array([1, -1, 1], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["image", "mean", "middle"], ["sum"], strides=[8, 8], kernel_shape=[8, 8]),
        helper.make_node("Sigmoid", ["sum"], ["share"]),
        helper.make_node("Conv", ["image", "faint", "side"], ["sides"], strides=[8, 8], kernel_shape=[8, 8]),
        *(
            node
            for made, name in (("share", "warm"), ("sides", "size"))
            for node in (
                helper.make_node("Transpose", [made], [f"{made}_last"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{made}_last", "flat"], [name]),
            )
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "blobs",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 64, 1]) for name in ("warm", "size")],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


@pytest.fixture
def exported(blobs, tmp_path):
    """Artifacts of onnx-fp32 and tflite-fp32, judged on images with bright cells."""
    images = tmp_path / "images"
    images.mkdir()
    for index, centers in enumerate((((12, 20), (44, 44)), ((20, 52),), ())):
        cv2.imwrite(str(images / f"{index}.png"), scene(*centers))
    (tmp_path / "spots.onnx").write_bytes(network())
    (tmp_path / "spots.toml").write_text(CONTRACT)
    request = ExportRequest(
        model=str(tmp_path / "spots.onnx"),
        targets=("onnx-fp32", "tflite-fp32"),
        contract=tmp_path / "spots.toml",
        judge=images,
        out=tmp_path / "out",
        report=ReportOptions(latency=False),
    )
    return export(request)


def test_it_is_judged_described_and_finds_faces(exported, tmp_path):
    for artifact in exported:
        certificate = artifact.certificate()
        assert certificate.passed
        assert certificate.decisions["reference_faces"] == certificate.decisions["matched"] == 3
        told = describe(certificate, task_of(artifact.contract))
        assert told.glance.figure == "100.0 %"
        assert "Faces, against fp32" in [table.caption for table in told.tables]
        assert "2 faces that fp32 finds" in (artifact.folder / REPORT).read_text()
        detector = load(artifact.folder)
        assert isinstance(detector, Detector)
        first, second = sorted(detector.detect(SCENE), key=lambda face: face.box)
        assert first.box == pytest.approx((0, 8, 24, 32), abs=1e-3)
        assert second.box == pytest.approx((32, 32, 56, 56), abs=1e-3)
        assert second.landmarks[2] == pytest.approx((44, 32 + 0.6 * SIDE_PX), abs=1e-3)
        assert first.score > 0.9


def test_it_is_compared_again(exported, tmp_path):
    again = check_parity(exported[1], ParityRequest(weights=tmp_path / "spots.onnx", images=tmp_path / "images"))
    assert again.certificate.passed


def test_a_board_decodes_with_the_same_file(exported, seeded, blobs, unpack, on_board):
    artifact = exported[1]
    data = pack_bundle(Order(artifact.folder, seeded["integer"][1], "rk3399"))
    files, problems = open_archive(data, "face.tar.gz")
    assert problems == []
    assert "face_runner/decoders/ssd.py" not in files
    wanted = Detector(artifact).detect(SCENE)
    assert FaceRunner(files, threads=1).detect(SCENE) == wanted
    folder = unpack(data)
    np.save(folder.parent / "scene.npy", SCENE)
    ended = on_board(folder, "face", "--no-pin", "detect", folder.parent / "scene.npy")
    assert ended.returncode == 0, ended.stderr
    (found,) = json.loads(ended.stdout)["images"]
    assert found["faces"] == [face.as_dict() for face in wanted]
    verified = on_board(folder, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
