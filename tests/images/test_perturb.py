"""Changes that no eye sees, by value."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.images.perturb import PERTURBATIONS, perturbation


@pytest.fixture
def image():
    y, x = np.mgrid[0:48, 0:64]
    waves = 128 + 60 * np.sin(x / 5)[..., None] + 40 * np.cos(y[..., None] / np.array([3.0, 4.0, 7.0]))
    return np.clip(waves, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_a_change_is_the_same_each_time_and_leaves_the_image_alone(image, name):
    change, before = perturbation(name), image.copy()
    first, again = change.apply(image, 3), change.apply(image, 3)
    assert (first.dtype, first.shape) == (np.uint8, image.shape)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, image)
    assert np.array_equal(image, before)


def test_noise_is_of_one_grey_level_and_another_in_each_image(image):
    apply = perturbation("one grey level of noise").apply
    first, second = (apply(image, number).astype(int) - image for number in (0, 1))
    assert abs(first.mean()) < 0.05
    assert first.std() == pytest.approx(np.sqrt(1 + 1 / 12), abs=0.03)  # rounding to whole levels adds 1/12
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_noise_stays_within_8_bits():
    ends = np.stack([np.zeros((30, 30), np.uint8), np.full((30, 30), 255, np.uint8), np.zeros((30, 30), np.uint8)], -1)
    found = perturbation("one grey level of noise").apply(ends, 0)
    assert found[..., 0].max() < 10
    assert found[..., 1].min() > 245


@pytest.mark.parametrize("quality", [95, 98])
def test_jpeg_is_what_opencv_writes_at_that_quality(image, quality):
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    expected = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert np.array_equal(perturbation(f"JPEG {quality}").apply(image, 0), expected)


def test_a_shift_repeats_the_left_edge(image):
    change = perturbation("one pixel to the right")
    found = change.apply(image, 0)
    assert change.moved_px == 1
    assert np.array_equal(found[:, 1:], image[:, :-1])
    assert np.array_equal(found[:, 0], image[:, 0])


def test_an_unknown_change_is_refused():
    with pytest.raises(InputError, match="JPEG 94") as caught:
        perturbation("JPEG 94")
    assert "JPEG 95" in str(caught.value.fix)
