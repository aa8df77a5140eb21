"""`edgeface embed` on folders and videos."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

import edgeface
from edgeface.images.video_file import video_file


@pytest.fixture
def people(tmp_path, portrait):
    folder = tmp_path / "people"
    folder.mkdir()
    for person in (1, 2):
        cv2.imwrite(str(folder / f"{person}.png"), portrait(person))
    cv2.imwrite(str(folder / "dark.png"), np.zeros((64, 64, 3), np.uint8))
    return folder


@pytest.fixture
def embed(edgeface_cli, faces_artifact, recognizer_artifact):
    pair = "--detector", faces_artifact, "--recognizer", recognizer_artifact
    return lambda *given: edgeface_cli("embed", *given, *pair)


def test_a_folder_is_embedded_but_for_what_shows_no_face(embed, people, tmp_path):
    out = tmp_path / "people.npz"
    ended = embed(people, "--out", out)
    assert ended.code == 2
    assert f"left out: {people}/dark.png: no face was found" in ended.err
    assert f"2 embedding(s) in 2 image(s) or frame(s); written: {out}" in ended.out
    with np.load(out) as written:
        assert written["images"].tolist() == [str(people / "1.png"), str(people / "2.png")]
        assert written["frames"].tolist() == [-1, -1]
        assert (written["embeddings"].shape, written["boxes"].shape) == ((2, 16), (2, 4))


def test_lines_hold_what_the_python_interface_gives(embed, people, faces_artifact, recognizer_artifact):
    pipeline = edgeface.FacePipeline.open(faces_artifact, recognizer_artifact)
    main, _, dark = (json.loads(line) for line in embed(people, "--jsonl").out.splitlines())
    expected = pipeline.main_face(edgeface.read_image(people / "1.png"))
    np.testing.assert_allclose(main["faces"][0]["embedding"], expected.embedding, rtol=1e-6)
    assert main["faces"][0]["box"] == list(expected.face.box)
    assert dark["error"]["error"] == "InputError"
    every = embed(people, "--all-faces", "--json").document
    assert [len(record["faces"]) for record in every["results"]] == [2, 2, 0]
    assert (every["failed"], every["width"]) == ([], 16)


def test_every_face_of_a_video_s_frames_is_embedded(embed, portrait, tmp_path):
    clip, out = tmp_path / "clip.avi", tmp_path / "clip.npz"
    with video_file(clip, 10.0) as video:
        for person in (1, 2, 3):
            video.add(portrait(person))
        video.add(np.zeros((64, 64, 3), np.uint8))
    ended = embed(clip, "--out", out)
    assert ended.code == 0
    assert f"{clip}: 4 frame(s), 6 embedding(s)" in ended.out
    with np.load(out) as written:
        assert written["frames"].tolist() == [0, 0, 1, 1, 2, 2]
        assert written["embeddings"].shape == (6, 16)


def test_aligned_faces_of_a_folder_need_no_detector(edgeface_cli, recognizer_artifact, tmp_path):
    folder = tmp_path / "aligned"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), np.random.default_rng(1).integers(0, 256, (112, 112, 3), np.uint8))
    cv2.imwrite(str(folder / "b.png"), np.zeros((64, 64, 3), np.uint8))
    ended = edgeface_cli("embed", folder, "--recognizer", recognizer_artifact, "--aligned", "--json")
    assert ended.code == 2
    assert [list(face) for face in ended.document["results"][0]["faces"]] == [["embedding"]]
    assert "aligned" in ended.document["failed"][0]["error"]["what"]
    assert not (tmp_path / "none.npz").exists()
