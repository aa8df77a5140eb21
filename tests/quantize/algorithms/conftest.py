from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.statistics import summarize


@pytest.fixture
def with_outlier(normal):
    """A hundred thousand numbers of the normal distribution, and one 50."""
    return summarize(np.append(normal(100_000), np.float32(50)))
