from __future__ import annotations

from pathlib import Path

import pytest

import edgeface
from edgeface.errors import InputError
from edgeface.reading.given_path import given_path, optional_path


def test_text_and_whatever_names_a_path_are_paths(tmp_path):
    class Named:
        def __fspath__(self):
            return "a/b"

    assert given_path("a/b") == given_path(Path("a/b")) == given_path(Named()) == Path("a/b")
    assert optional_path(None, "weights") is None


@pytest.mark.parametrize("wrong", [None, "", 3, b"a", ["a"], object()])
def test_what_is_no_path_is_refused_by_name(wrong):
    with pytest.raises(InputError, match=r"^weights is"):
        given_path(wrong, "weights")


@pytest.mark.parametrize(
    "opens",
    [edgeface.load, edgeface.load_detector, edgeface.load_recognizer, edgeface.read_image, edgeface.read_frames],
)
@pytest.mark.parametrize("wrong", [None, "", 3, ["a"]])
def test_every_opener_refuses_what_is_no_path(opens, wrong):
    with pytest.raises(InputError, match="path"):
        opens(wrong)


def test_an_artifact_stands_for_its_folder(detector_artifact):
    artifact = edgeface.Artifact.open(str(detector_artifact))
    assert given_path(artifact) == detector_artifact
    assert edgeface.load_detector(artifact).artifact.folder == detector_artifact
