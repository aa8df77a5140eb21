from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.statistics import summarise


@pytest.fixture
def with_outlier(normal):
    """A hundred thousand numbers of the normal distribution, and one 50."""
    return summarise(np.append(normal(100_000), np.float32(50)))
