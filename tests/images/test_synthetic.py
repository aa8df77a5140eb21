import numpy as np

from edgeface.images.synthetic import drawn_pictures


def test_the_same_seed_draws_the_same_pictures_and_another_draws_others():
    first, second = drawn_pictures(2), drawn_pictures(2)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], drawn_pictures(1, seed=1)[0])


def test_pictures_use_much_of_the_range():
    for picture in drawn_pictures(3):
        assert (picture.shape, picture.dtype) == ((480, 640, 3), np.uint8)
        assert np.percentile(picture, 99) - np.percentile(picture, 1) > 80
