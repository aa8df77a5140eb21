"""A bundle without a recognizer finds faces, verifies, and says that it knows nobody."""

from __future__ import annotations

import json

import pytest

from edgeface.bundle.archive import open_archive
from edgeface.bundle.face_runner.answer import answer
from edgeface.bundle.face_runner.errors import RunnerError
from edgeface.bundle.face_runner.golden import GOLDEN
from edgeface.bundle.face_runner.pipeline import FaceRunner
from edgeface.bundle.face_runner.settings import read_settings
from edgeface.bundle.face_runner.verification import verify_files
from edgeface.bundle.pack import Order, pack_bundle
from edgeface.bundle.replacing import refuse_other_bundle
from edgeface.errors import InputError
from edgeface.images.synthetic import synthetic_images


@pytest.fixture(scope="module")
def alone(seeded) -> bytes:
    return pack_bundle(Order(seeded["integer"][0], None, "rk3399"))


@pytest.fixture(scope="module")
def found(alone) -> dict[str, bytes]:
    return open_archive(alone, "face.tar.gz")[0]


def test_it_holds_nothing_of_a_recognizer(found):
    assert not [name for name in found if "recognizer" in name or name.startswith(("c/", "golden/first"))]
    assert b"return nullptr" in found["cpp/face_contract.hpp"]
    settings = read_settings(found["bundle.json"])
    assert settings["recognizer"] is None
    assert settings["thresholds"] == {"face": 0.6, "match": None, "match_source": None}
    assert json.loads(found[GOLDEN])["decisions"]["xnnpack"].keys() == {
        *("faces", "box_tolerance_px", "similarity_tolerance")
    }


def test_it_verifies_and_finds_the_same_faces(found, files):
    report = verify_files(found)
    assert report.passed, report.problems
    assert "recognizer" not in report.golden
    (image,) = synthetic_images(1, seed=12)
    wanted = FaceRunner(files, threads=1).detect(image, 0.02)
    assert len(wanted) > 3
    assert FaceRunner(found, threads=1).detect(image, 0.02) == wanted


def test_it_says_that_it_only_finds_faces(found):
    runner = FaceRunner(found, threads=1)
    (image,) = synthetic_images(1, seed=12)
    face = runner.detect(image, 0.02)[0]
    for ask in (
        lambda: runner.aligned(image, face),
        lambda: runner.embed(image),
        lambda: runner.compare(image, image),
    ):
        with pytest.raises(RunnerError, match="finds faces only"):
            ask()


def test_commands_that_need_a_recognizer_are_refused_before_an_image_is_read(found, tmp_path):
    for command, count in (("embed", 1), ("compare", 2)):
        with pytest.raises(RunnerError, match="finds faces only"):
            answer(FaceRunner(found, threads=1), command, [tmp_path / "none.ppm"] * count)


def test_it_replaces_no_bundle_with_a_recognizer(alone, archive, tmp_path):
    for there, new, said in ((archive, alone, "a recognizer, now none"), (alone, archive, "no recognizer, now one")):
        (tmp_path / "face.tar.gz").write_bytes(there)
        with pytest.raises(InputError, match=said):
            refuse_other_bundle(new, tmp_path / "face.tar.gz")
        refuse_other_bundle(there, tmp_path / "face.tar.gz")
