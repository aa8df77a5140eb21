from __future__ import annotations

import cv2
import numpy as np
import pytest


@pytest.fixture
def portraits(tmp_path, portrait):
    paths = [tmp_path / f"{person}.png" for person in (1, 2)]
    for person, path in enumerate(paths, start=1):
        cv2.imwrite(str(path), portrait(person))
    return paths


@pytest.fixture
def pair(faces_artifact, recognizer_artifact):
    return "--detector", faces_artifact, "--recognizer", recognizer_artifact


def test_embeddings_are_written_with_names_and_boxes(edgeface_cli, portraits, pair, tmp_path):
    out = tmp_path / "faces.npz"
    ended = edgeface_cli("embed", *portraits, *pair, "--out", out)
    assert ended.code == 0
    assert "2 embedding(s) of 16 numbers" in ended.out
    with np.load(out) as written:
        assert written["images"].tolist() == [str(path) for path in portraits]
        assert (written["embeddings"].shape, written["embeddings"].dtype) == ((2, 16), np.float32)
        np.testing.assert_allclose(written["boxes"], [[12, 20, 44, 52]] * 2, atol=1e-3)
    again = tmp_path / "again.npz"
    edgeface_cli("embed", *portraits, *pair, "--out", again)
    assert again.read_bytes() == out.read_bytes()


def test_json_holds_faces_and_embeddings(edgeface_cli, portraits, pair):
    document = edgeface_cli("embed", *portraits, *pair, "--json").document
    assert (document["width"], document["out"]) == (16, None)
    assert [each["image"] for each in document["embeddings"]] == [str(path) for path in portraits]
    for each in document["embeddings"]:
        assert np.linalg.norm(each["embedding"]) == pytest.approx(1)
        assert len(each["face"]["landmarks"]) == 5


def test_aligned_faces_need_no_detector(edgeface_cli, recognizer_artifact, tmp_path):
    path = tmp_path / "aligned.png"
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8))
    options = "--recognizer", recognizer_artifact, "--aligned"
    out = tmp_path / "faces.NPZ"
    assert edgeface_cli("embed", path, *options, "--out", out).code == 0
    with np.load(out) as written:
        assert sorted(written) == ["embeddings", "images"]
    (found,) = edgeface_cli("embed", path, *options, "--json").document["embeddings"]
    assert found["face"] is None


def test_aligned_faces_of_another_size_are_named(edgeface_cli, recognizer_artifact, portraits):
    ended = edgeface_cli("embed", *portraits, "--recognizer", recognizer_artifact, "--aligned")
    assert ended.code == 2
    for path in portraits:
        assert str(path) in ended.err


def test_images_that_cannot_be_used_are_all_named(edgeface_cli, portraits, pair, tmp_path):
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((64, 64, 3), np.uint8))
    (tmp_path / "text.jpg").write_text("not an image")
    out = tmp_path / "faces.npz"
    ended = edgeface_cli(
        "embed", portraits[0], tmp_path / "black.png", tmp_path / "text.jpg", *pair, "--out", out, "--json"
    )
    assert ended.code == 2
    assert "black.png: no face" in ended.document["error"]["where"]
    assert "text.jpg: not an image" in ended.document["error"]["where"]
    assert not out.exists()


@pytest.mark.parametrize("out", ["faces", "faces.npy", "absent/faces.npz"])
def test_a_path_that_cannot_be_written_to_is_refused_first(edgeface_cli, tmp_path, out):
    ended = edgeface_cli("embed", tmp_path / "absent.jpg", "--recognizer", tmp_path / "none", "--out", tmp_path / out)
    assert ended.code == 2
    assert "absent.jpg" not in ended.err
    assert "manifest" not in ended.err


def test_without_a_detector_or_aligned_faces_the_error_names_the_options(
    edgeface_cli, portraits, pair, recognizer_artifact
):
    ended = edgeface_cli("embed", *portraits, "--recognizer", recognizer_artifact)
    assert ended.code == 2
    assert "--detector" in ended.err
    assert "--aligned" in ended.err
    assert edgeface_cli("embed", *portraits, *pair, "--aligned").code == 2


def test_swapped_artifacts_are_refused(edgeface_cli, portraits, faces_artifact, recognizer_artifact):
    ended = edgeface_cli("embed", *portraits, "--detector", recognizer_artifact, "--recognizer", faces_artifact)
    assert ended.code == 2
    assert "is not a face detector: its task is recognition" in ended.err
    ended = edgeface_cli("detect", portraits[0], "--artifact", recognizer_artifact)
    assert ended.code == 2
    assert "is not a face detector: its task is recognition" in ended.err
