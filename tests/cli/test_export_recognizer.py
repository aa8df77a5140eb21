from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest
import torch

from edgeface.models import family

CONTRACT = family("mobilefacenet").variants()["relu6-128"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "recognizer.pt"
    torch.save(family("mobilefacenet").random(CONTRACT, 1).state_dict(), path)
    return path


@pytest.fixture
def faces(tmp_path):
    """Twelve "aligned faces", two of each of six "persons", and a table of their pairs."""
    folder = tmp_path / "faces"
    folder.mkdir()
    rows = []
    for person in range(6):
        coarse = np.random.default_rng(person).integers(0, 256, (8, 8, 3), np.uint8)
        face = cv2.resize(coarse, (112, 112), interpolation=cv2.INTER_CUBIC)
        for number in range(2):
            noise = np.random.default_rng([person, number]).integers(-9, 10, face.shape)
            cv2.imwrite(
                str(folder / f"{person}{number}.png"), np.clip(face.astype(int) + noise, 0, 255).astype(np.uint8)
            )
        rows.append(f"{person}0.png,{person}1.png,1")
        rows.append(f"{person}0.png,{(person + 1) % 6}1.png,0")
    (tmp_path / "pairs.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_a_recognizer_is_exported_with_the_threshold_to_use(edgeface_cli, weights, faces, tmp_path):
    given = ["--weights", weights, "--calibration", faces, "--target", "tflite-fp32", "--out", tmp_path / "out"]
    paired = ["--pairs", tmp_path / "pairs.csv", "--pair-images", faces]
    ended = edgeface_cli("export", "mobilefacenet", *given, *paired, "--no-latency", "--json")
    assert ended.code == 0, ended.err
    folder = tmp_path / "out" / "mobilefacenet-tflite-fp32"
    decisions = json.loads((folder / "certificate.json").read_text())["decisions"]
    assert decisions["mean_cosine"] > 0.99999
    assert -1 <= decisions["threshold"] <= 1
    assert decisions["verification"]["change"]["tar"]["value"] == 0
    compared = edgeface_cli(
        "compare", faces / "00.png", faces / "01.png", "--recognizer", folder, "--aligned", "--json"
    ).document
    assert compared["threshold_source"] == "certificate"


PAIRED = """model = "mobilefacenet"
[evidence]
faces = 1
genuine_pairs = {pairs}
[gates.tflite-int8]
accuracy_drop_points = 1.0
[quantize.ranges]
method = "percentile"
percentile = {percentile}
"""


@pytest.fixture
def int8_of(edgeface_cli, weights, faces, tmp_path):
    """Export to int8 with ranges of a percentile and a gate on accuracy: `int8_of(percentile)`."""

    def run(percentile, pairs=1):
        (tmp_path / "recipe.toml").write_text(PAIRED.format(percentile=percentile, pairs=pairs))
        given = ["--weights", weights, "--calibration", faces, "--target", "tflite-int8", "--out", tmp_path / "out"]
        paired = ["--pairs", tmp_path / "pairs.csv", "--pair-images", faces]
        options = ("--effort", "fast", "--no-latency", "--json")
        return edgeface_cli("export", tmp_path / "recipe.toml", *given, *paired, *options)

    return run


@pytest.mark.slow
def test_a_build_that_verifies_as_well_as_the_network_meets_its_gate(int8_of):
    ended = int8_of(99.99)
    assert ended.code == 0, ended.err
    certificate = ended.document["artifacts"][0]["certificate"]
    assert certificate["requirements"][-1] == {
        "what": "accuracy lost in verification",
        "limit": "≤ 1 points",
        "measured": "0.00 points",
        "met": True,
        "unsure": None,
        "n": 6,
        "of": "pairs of one person",
        "interval": [0.0, 0.0],
        "beyond": False,
    }
    assert certificate["verdict"] == "good"


@pytest.mark.slow
def test_a_build_that_verifies_as_well_on_few_pairs_is_not_called_good_enough(int8_of):
    ended = int8_of(99.99, pairs=300)
    assert ended.code == 0, ended.err
    certificate = ended.document["artifacts"][0]["certificate"]
    assert certificate["requirements"][-1]["unsure"].startswith("6 pairs of one person do not show it: about 300")
    assert certificate["verdict"] == "unsure"
    caution = certificate["decisions"]["verification"]["candidate"]["tar_at_far"]["caution"]
    assert "6 pairs of different persons are too few" in caution


@pytest.mark.slow
def test_a_build_that_verifies_worse_than_its_gate_allows_is_refused(int8_of, tmp_path):
    ended = int8_of(60.0)
    assert ended.code == 1
    error = ended.document["error"]
    assert error["error"] == "GateError"
    lost = re.search(r"accuracy lost in verification: ([\d.]+) points, required ≤ 1 points", error["what"])
    assert float(lost[1]) > 1
    assert not (tmp_path / "out").exists()


def test_the_variant_is_inferred_from_weights_and_a_contradiction_is_refused(edgeface_cli, weights, faces, tmp_path):
    given = ["--weights", weights, "--calibration", faces, "--target", "onnx-fp32", "--out", tmp_path / "out"]
    ended = edgeface_cli("export", "mobilefacenet", *given, "--variant", "y1")
    assert ended.code == 2
    assert "the weights are those of variant 'relu6-128', not 'y1'" in ended.err
    assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())


def test_pairs_without_their_images_are_refused(edgeface_cli, weights, faces, tmp_path):
    given = ["--weights", weights, "--calibration", faces, "--target", "onnx-fp32", "--out", tmp_path / "out"]
    ended = edgeface_cli("export", "mobilefacenet", *given, "--pairs", tmp_path / "pairs.csv")
    assert ended.code == 2
    assert "--pair-images" in ended.err


def test_images_that_are_not_aligned_faces_need_a_detector(edgeface_cli, weights, images, tmp_path):
    given = ["--weights", weights, "--calibration", images, "--target", "tflite-int8", "--out", tmp_path / "out"]
    ended = edgeface_cli("export", "mobilefacenet", *given)
    assert ended.code == 2
    assert "is not an aligned face" in ended.err
    assert "--detector" in ended.err
