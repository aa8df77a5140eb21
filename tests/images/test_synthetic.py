import numpy as np
import pytest

from edgeface.images import synthetic
from edgeface.images.synthetic import synthetic_images


def test_the_same_seed_draws_the_same_images_and_another_draws_others():
    first = synthetic_images(2)
    synthetic._drawn.cache_clear()
    second = synthetic_images(2)
    assert first[0] is not second[0]
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], synthetic_images(1, seed=1)[0])


def test_images_use_much_of_the_range():
    for image in synthetic_images(3):
        assert (image.shape, image.dtype) == ((480, 640, 3), np.uint8)
        assert np.percentile(image, 99) - np.percentile(image, 1) > 80


def test_images_are_shared_and_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        synthetic_images(1)[0][0, 0] = 255
