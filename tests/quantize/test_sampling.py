from __future__ import annotations

from itertools import pairwise

import pytest

from edgeface.quantize.sampling import FEW, IMAGES, MIN_POSITIONS, PATCH_IMAGES, POSITIONS, Sampling


@pytest.mark.parametrize("count", [1, 2, 40, 99, 100, 101, 123, 1000, 1001, 10_000])
def test_a_bounded_number_of_images_is_sampled_evenly(count):
    sampling = Sampling(count)
    taken = [index for index in range(count) if sampling.takes(index)]
    patches = [index for index in taken if sampling.takes_patches(index)]
    assert taken[0] == patches[0] == 0
    assert len(taken) == (count if count <= FEW else IMAGES)
    assert len(patches) == (count if count <= FEW else PATCH_IMAGES)
    gaps = {after - before for before, after in pairwise(taken)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("count", range(99, 400, 7))
def test_images_with_patches_are_among_the_sampled(count):
    sampling = Sampling(count)
    spread = [index for index in range(count) if sampling.takes_patches(index)]
    assert count <= FEW or all(map(sampling.takes, spread))


def test_few_images_are_sampled_fully_and_many_sparsely():
    assert Sampling(40).positions == Sampling(100).positions == POSITIONS
    assert Sampling(200).positions == POSITIONS // 5
    assert Sampling(10_000).positions == MIN_POSITIONS


@pytest.mark.parametrize("count", [40, 100, 1000])
def test_the_stride_keeps_samples_near_their_number(count):
    sampling = Sampling(count)
    for shape in ((1, 3, 480, 640), (1, 8, 240, 320), (1, 64, 15, 20), (1, 4, 1, 1)):
        stride = sampling.stride(shape)
        assert shape[2] * shape[3] / stride**2 <= sampling.positions
        assert stride == 1 or shape[2] * shape[3] / (stride - 1) ** 2 > sampling.positions
    assert sampling.stride((1, 99_999)) == 1
