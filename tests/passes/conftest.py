from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def same(evaluate):
    """Assert that two graphs compute the same, to 1e-5, on noise."""

    def check(before, after):
        random = np.random.default_rng(1)
        feeds = {n: random.normal(size=before.type(n).shape).astype(np.float32) * 4 for n in before.inputs}
        expected, found = evaluate(before, feeds), evaluate(after, feeds)
        assert list(expected) == list(found)
        for name, array in expected.items():
            np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-5 * np.abs(array).max())

    return check


@pytest.fixture
def ops():
    """Names of a graph's ops in order."""
    return lambda graph: [type(node.op).__name__ for node in graph.nodes]
