from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.scheme import ORT_U8S8
from edgeface.backends.tensorrt.scheme import TENSORRT_INT8
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.quantize.image_range import MAX_HALVES, STEP, WIDENINGS, halves, image_levels, image_range

SCHEMES = (TFLITE_INT8, ORT_U8S8, TENSORRT_INT8)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize("center", [127.5, 128.5, 100.5, 127.5 + 1e-4])
def test_levels_halfway_between_steps_are_moved_off_the_halves(scheme, center):
    levels = image_levels((center,) * 3, (1 / 128,) * 3)
    plain = float(levels.min()), float(levels.max())
    low, high = image_range(levels, scheme)
    assert halves(levels, *plain, scheme) > MAX_HALVES
    assert halves(levels, low, high, scheme) < 0.05
    assert 1 < high / plain[1] <= 1 + STEP * WIDENINGS + 1e-9
    assert low / plain[0] == pytest.approx(high / plain[1])

    def rms(bounds):
        grid = scheme.activation(*bounds)
        return np.sqrt(np.square(grid.dequantize(grid.quantize(levels)) - levels).mean())

    assert rms((low, high)) < 0.65 * rms(plain)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.name)
@pytest.mark.parametrize(
    ("mean", "scale"),
    [((104.0, 117.0, 123.0), (1.0,) * 3), ((128.0,) * 3, (1 / 128,) * 3), ((0.0,) * 3, (1 / 255,) * 3)],
)
def test_other_ranges_are_those_of_the_image(scheme, mean, scale):
    levels = image_levels(mean, scale)
    assert image_range(levels, scheme) == (levels.min(), levels.max())
