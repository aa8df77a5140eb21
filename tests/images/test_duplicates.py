from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface.images.duplicates import distinct
from edgeface.images.synthetic import synthetic_images

COPIES = {
    "the same bytes": lambda image: image,
    "JPEG quality 50": lambda image: cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 1),
    "half its size": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "one pixel aside": lambda image: np.roll(image, 1, axis=1),
    "brighter": lambda image: np.clip(image.astype(int) + 10, 0, 255).astype(np.uint8),
    "noise": lambda image: np.clip(image + np.random.default_rng(0).normal(0, 8, image.shape), 0, 255).astype(np.uint8),
}


def write(folder, images):
    files = []
    for number, image in enumerate(images):
        files.append(folder / f"{number}.png")
        assert cv2.imwrite(str(files[-1]), image)
    return files


@pytest.mark.parametrize("change", COPIES.values(), ids=list(COPIES))
def test_a_copy_counts_once_however_it_was_made(tmp_path, change):
    first, other = synthetic_images(2, seed=5)
    files = write(tmp_path, [first, other, change(first)])
    found = distinct(files)
    assert found.files == files[:2]
    assert found.copies == [(files[2], files[0])]


def test_different_images_stay_in_their_order(tmp_path):
    files = write(tmp_path, synthetic_images(12, seed=2))
    assert distinct(files[::-1]).files == files[::-1]


def test_what_is_used_elsewhere_is_left_out_and_not_returned(tmp_path):
    one, two, three = write(tmp_path, synthetic_images(3, seed=2))
    assert distinct([one, two, three], [two]).files == [one, three]
    assert distinct([two], [two, two]).files == []


def test_flat_images_are_the_same_and_not_the_same_as_others(tmp_path):
    flat = np.full((64, 64, 3), 90, np.uint8)
    files = write(tmp_path, [flat, flat + 1, synthetic_images(1)[0]])
    assert distinct(files).files == [files[0], files[2]]


def test_unusable_files_stay_for_who_reads_them(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "b.jpg").write_text("text")
    files = [tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "absent.jpg"]
    assert distinct(files).files == files


@pytest.mark.parametrize("folder", ["scenes", "labelled"])
def test_no_real_photograph_is_taken_for_another(shared_data, folder):
    files = sorted((shared_data / folder).glob("*.jpg"))
    assert distinct(files).copies == []
