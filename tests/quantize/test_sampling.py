from __future__ import annotations

from itertools import pairwise

import pytest

from edgeface.quantize.sampling import IMAGES, MIN_POSITIONS, PATCH_IMAGES, PATCHES, POSITIONS, Sampling


@pytest.mark.parametrize("count", [1, 2, 39, 40, 41, 79, 80, 81, 100, 123, 1000, 1001, 10_000])
def test_a_bounded_number_of_images_is_sampled_evenly(count):
    sampling = Sampling(count)
    taken = [index for index in range(count) if sampling.takes(index)]
    patches = [index for index in taken if sampling.takes_patches(index)]
    assert taken[0] == patches[0] == 0
    assert len(taken) == min(count, IMAGES)
    assert len(patches) == (len(taken) if count <= 2 * IMAGES else PATCH_IMAGES)
    gaps = {after - before for before, after in pairwise(taken)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("count", range(41, 400, 7))
def test_images_with_patches_are_among_the_sampled(count):
    sampling = Sampling(count)
    spread = [index for index in range(count) if sampling.takes_patches(index)]
    assert count <= 2 * IMAGES or all(map(sampling.takes, spread))


def test_few_images_are_sampled_fully_and_many_sparsely():
    assert (Sampling(40).positions, Sampling(40).patches) == (POSITIONS, PATCHES)
    assert (Sampling(80).positions, Sampling(80).patches) == (POSITIONS // 2, PATCHES // 2)
    assert Sampling(1000).positions == MIN_POSITIONS


@pytest.mark.parametrize("count", [40, 100, 1000])
def test_the_stride_keeps_samples_near_their_number(count):
    sampling = Sampling(count)
    for shape in ((1, 3, 480, 640), (1, 8, 240, 320), (1, 64, 15, 20), (1, 4, 1, 1)):
        stride = sampling.stride(shape)
        assert shape[2] * shape[3] / stride**2 <= sampling.positions
        assert stride == 1 or shape[2] * shape[3] / (stride - 1) ** 2 > sampling.positions
    assert sampling.stride((1, 99_999)) == 1
