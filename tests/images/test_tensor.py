"""Input tensors: the same numbers as `normalized` defines, however they lie in memory and whatever was there before."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from edgeface.images.normalize import normalized
from edgeface.images.tensor import TensorMemory, fill_all, fill_tensor, new_tensor

CASES = [
    ("bgr", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0)),
    ("rgb", (127.5, 127.5, 127.5), (1 / 128,) * 3),
    ("rgb", (123.675, 116.28, 103.53), (0.01712475, 0.017507, 0.01742919)),
    ("grey", (127.3,), (0.0078125,)),
    ("bgr", (0.1, 0.7, 254.9), (-0.3, 1e-3, 7.7)),
]
SIZES = [(1, 4), (4, 1), (16, 16), (31, 17), (40, 48)]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(("color", "mean", "scale"), CASES)
def test_numbers_are_those_of_normalized_to_the_bit(color, mean, scale, channels_last):
    every = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    memory = TensorMemory((1, len(mean), 40, 48), channels_last)
    for seed, (rows, columns) in enumerate([*SIZES, *SIZES[::-1]]):
        image = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), np.uint8)
        if image.shape == every.shape:
            image = every
        tensor = memory.filled(image, color, mean, scale)
        wanted = np.zeros(tensor.shape, np.float32)
        wanted[0, :, :rows, :columns] = normalized(image, color, mean, scale).transpose(2, 0, 1)
        assert tensor.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("color", ["bgr", "rgb", "grey"])
def test_an_image_may_be_any_view(color):
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    mean, scale = ((127.5,), (0.5,)) if color == "grey" else ((1.0, 2.0, 3.0), (0.5, 0.25, 0.5))
    for view in (image[::-1], image[:, ::-1], image[5:20, 3:9], image.transpose(1, 0, 2), image[::2, ::3]):
        one, other = (new_tensor((1, len(mean), 40, 40), last) for last in (False, True))
        for tensor, given in ((one, view), (other, np.ascontiguousarray(view))):
            fill_tensor(tensor, given, color, mean, scale)
        assert np.array_equal(one, other)
        fill_tensor(other, view, color, mean, scale)
        assert np.array_equal(one, other)


def test_channels_last_is_how_a_model_reads_them_without_a_copy():
    turned = new_tensor((1, 3, 4, 5), channels_last=True).transpose(0, 2, 3, 1)
    assert turned.flags.c_contiguous
    assert turned.shape == (1, 4, 5, 3)


def test_each_thread_has_memory_of_its_own_and_keeps_it():
    memory, image = TensorMemory((1, 3, 8, 8)), np.ones((8, 8, 3), np.uint8)

    def fill() -> None:
        found.append(memory.filled(image, "bgr", (0.0,) * 3, (1.0,) * 3))

    found: list[np.ndarray] = []
    fill()
    fill()
    thread = threading.Thread(target=fill)
    thread.start()
    thread.join()
    assert found[0] is found[1]
    assert not np.shares_memory(found[0], found[2])


@pytest.mark.parametrize("channels_last", [False, True])
def test_what_was_there_before_is_gone_where_no_image_is(channels_last):
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    tensor, other = (new_tensor((1, 3, 9, 8), channels_last) for _ in range(2))
    tensor += 9
    fill_all(tensor, image, "bgr", (1.0, 2.0, 3.0), (1.0, 0.5, 1.0))
    fill_tensor(other, image, "bgr", (1.0, 2.0, 3.0), (1.0, 0.5, 1.0))
    assert np.array_equal(tensor, other)
