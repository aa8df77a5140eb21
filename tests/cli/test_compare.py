from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture
def portraits(tmp_path, portrait):
    """One person twice, and another."""
    paths = [tmp_path / name for name in ("a.png", "also_a.png", "b.png")]
    for path, image in zip(paths, (portrait(1), portrait(1, noise=20), portrait(2)), strict=True):
        cv2.imwrite(str(path), image)
    return paths


@pytest.fixture
def pair(faces_artifact, recognizer_artifact):
    return "--detector", faces_artifact, "--recognizer", recognizer_artifact


def test_the_verdict_is_printed_and_either_exits_0(edgeface_cli, portraits, pair):
    a, also_a, b = portraits
    same, different = edgeface_cli("compare", a, also_a, *pair), edgeface_cli("compare", a, b, *pair)
    assert (same.code, different.code) == (0, 0)
    assert same.out.splitlines()[-1] == "same person"
    assert different.out.splitlines()[-1] == "different people"


def test_a_default_threshold_is_marked(edgeface_cli, portraits, pair, recognizer_artifact, write_certificate):
    a, _, b = portraits
    assert "0.350 (a default" in edgeface_cli("compare", a, b, *pair).out
    assert edgeface_cli("compare", a, b, *pair, "--json").document["threshold_source"] == "default"
    write_certificate(recognizer_artifact, {"threshold": 0.25})
    assert "0.250 (from the recognizer's certificate)" in edgeface_cli("compare", a, b, *pair).out
    assert "-0.500 (as given)" in edgeface_cli("compare", a, b, *pair, "--threshold", "-0.5").out


def test_json_holds_similarity_threshold_verdict_and_faces(edgeface_cli, portraits, pair):
    a, also_a, _ = portraits
    document = edgeface_cli("compare", a, also_a, *pair, "--threshold", "0.5", "--json").document
    assert document["images"] == [str(a), str(also_a)]
    assert document["similarity"] > 0.95
    assert (document["threshold"], document["threshold_source"]) == (0.5, "given")
    assert (document["same"], document["verdict"]) == (True, "same person")
    assert document["faces"][1]["box"] == pytest.approx([12, 20, 44, 52], abs=1e-3)


def test_aligned_faces_are_compared_without_a_detector(edgeface_cli, recognizer_artifact, tmp_path):
    path = tmp_path / "aligned.png"
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8))
    document = edgeface_cli("compare", path, path, "--recognizer", recognizer_artifact, "--aligned", "--json").document
    assert document["similarity"] == pytest.approx(1)
    assert (document["same"], document["faces"]) == (True, None)


def test_an_image_without_a_face_is_named_with_a_fix(edgeface_cli, portraits, pair, tmp_path):
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((64, 64, 3), np.uint8))
    ended = edgeface_cli("compare", portraits[0], tmp_path / "black.png", *pair)
    assert ended.code == 2
    assert "black.png" in ended.err
    assert "--face-threshold" in ended.err


@pytest.mark.parametrize(("option", "value"), [("--threshold", "1.5"), ("--face-threshold", "2")])
def test_an_invalid_threshold_is_refused(edgeface_cli, portraits, pair, option, value):
    ended = edgeface_cli("compare", *portraits[:2], *pair, option, value)
    assert ended.code == 2
    assert "threshold" in ended.err
