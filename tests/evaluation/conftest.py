"""Images of drawn persons, and lists of their pairs."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

PERSONS = (1, 2, 3, 5)


@pytest.fixture
def people(tmp_path: Path, portrait) -> Path:
    """A folder as LFW's: four persons, two images of each, and `pairs.txt` (View 1) beside it."""
    folder = tmp_path / "people"
    for person in PERSONS:
        (folder / f"P{person}").mkdir(parents=True)
        for number in (1, 2):
            image = portrait(person, 20 * (number - 1))
            assert cv2.imwrite(str(folder / f"P{person}" / f"P{person}_{number:04d}.png"), image)
    same = [f"P{person}\t1\t2" for person in PERSONS]
    different = [f"P{a}\t1\tP{b}\t2" for a, b in zip(PERSONS, PERSONS[1:] + PERSONS[:1], strict=True)]
    (tmp_path / "pairs.txt").write_text("\n".join(["4", *same, *different]) + "\n")
    return folder


@pytest.fixture
def darken():
    """Make an image of a folder black, so that `faces_artifact` finds no face in it."""

    def blacken(path: Path) -> None:
        assert cv2.imwrite(str(path), np.zeros((64, 64, 3), np.uint8))

    return blacken


@pytest.fixture
def another_recognizer(recognizer_artifact: Path) -> Path:
    """A copy of `recognizer_artifact` whose embeddings are a little different: it does not flip."""
    folder = recognizer_artifact.with_name("plain-onnx-fp32")
    shutil.copytree(recognizer_artifact, folder)
    manifest = folder / "manifest.json"
    text = manifest.read_text()
    assert '"flip": true' in text
    manifest.write_text(text.replace('"flip": true', '"flip": false'))
    return folder
