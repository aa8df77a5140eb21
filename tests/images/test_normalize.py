from __future__ import annotations

import numpy as np
import pytest

from edgeface.images.normalize import normalize_into, normalized


@pytest.mark.parametrize("color", ["bgr", "rgb", "grey"])
def test_planes_hold_the_same_numbers_to_the_last_digit(color):
    channels = 1 if color == "grey" else 3
    image = np.random.default_rng(0).integers(0, 256, (31, 17, 3), np.uint8)
    mean, scale = (123.675, 116.28, 103.53)[:channels], (1 / 58.395, 1 / 57.12, 1 / 127.5)[:channels]
    room = np.full((channels, 40, 20), 7, np.float32)
    normalize_into(room[:, :31, :17], image, color, mean, scale)
    assert np.array_equal(room[:, :31, :17], normalized(image, color, mean, scale).transpose(2, 0, 1))
    assert (room[:, 31:] == 7).all()
    assert (room[:, :, 17:] == 7).all()
