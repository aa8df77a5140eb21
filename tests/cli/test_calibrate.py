"""`edgeface calibrate`."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface.quantize.statistics import CalibrationStats


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for index in range(6):
        noise = np.random.default_rng(index).integers(0, 256, (4, 5, 3), np.uint8)
        cv2.imwrite(str(folder / f"{index}.png"), cv2.resize(noise, (80, 64), interpolation=cv2.INTER_NEAREST))
    return folder


@pytest.mark.hostile
def test_parts_are_gathered_and_exported_together(edgeface_cli, images, tmp_path):
    network = ("--seed", "1", "--input", "64x64")
    files = [tmp_path / "one.npz", tmp_path / "two.npz"]
    for number, file in enumerate(files, start=1):
        given = ("--calibration", images, "--images", "5", "--part", f"{number}/2", "--out", file)
        found = edgeface_cli("calibrate", *network, *given, "--json").document
        assert found == {"statistics": str(file), "images": number + 1, "sampled": number + 1, "part": f"{number}/2"}
    assert CalibrationStats.load(files[1]).images == 3
    both = [word for file in files for word in ("--statistics", str(file))]
    ended = edgeface_cli("export", *network, "--target", "tflite-int8", *both, "--out", tmp_path / "out", "--json")
    assert ended.code == 0, ended.err
    with_images = ("--judge", images, "--out", tmp_path / "other")
    refused = edgeface_cli("export", *network, "--target", "tflite-int8", *both, *with_images)
    assert refused.code == 2
    assert "of the images that are to judge have calibrated" in refused.err


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--part", "3/2"), "is no part"), (("--weights", "absent.pth"), "no such file"), ((), "no images to calibrate")],
)
def test_what_cannot_be_gathered_is_refused_at_once(edgeface_cli, tmp_path, words, says):
    ended = edgeface_cli("calibrate", *words, "--out", tmp_path / "statistics.npz")
    assert ended.code == 2
    assert says in ended.err
    assert not list(tmp_path.iterdir())
