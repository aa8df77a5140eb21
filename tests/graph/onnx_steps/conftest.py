from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from edgeface.backends.onnx.runner import OrtRunner


@pytest.fixture
def same():
    """Assert that two models compute the same, to 1e-5 unless said otherwise; the second may take floats instead."""

    def check(before, after, feeds: Mapping[str, np.ndarray], tolerance=1e-5):
        expected = OrtRunner(before.SerializeToString(), optimize=False).run(feeds)
        floats = {name: array.astype(np.float32) for name, array in feeds.items()}
        found = OrtRunner(after.SerializeToString(), optimize=False).run(floats)
        assert list(found) == list(expected)
        for name, array in expected.items():
            np.testing.assert_allclose(found[name], array.astype(np.float32), rtol=tolerance, atol=tolerance)

    return check


@pytest.fixture
def image():
    """Noise, float32 [1,4,6,5]."""
    return np.random.default_rng(3).normal(size=(1, 4, 6, 5)).astype(np.float32)
