"""Intervals of average precision: drawn a few at a time, they are the same."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.evaluation import precision as module
from edgeface.evaluation.precision import precision, precision_changes
from edgeface.tasks.detection.average_precision import RankedDetections


def curve(seed: int, images: int = 40) -> RankedDetections:
    """Some hundred detections in some images."""
    rng = np.random.default_rng(seed)
    return RankedDetections(rng.integers(0, 6, images), rng.random(300) < 0.6, rng.integers(0, images, 300, np.int32))


@pytest.mark.parametrize("together", [1, 100, 4_000])
def test_draws_of_many_images_are_those_of_all_at_once(together, monkeypatch):
    one, other = {"a": curve(0)}, {"a": curve(1)}
    whole, change = precision(one).values["a"], precision_changes(one, other)["a"]
    monkeypatch.setattr(module, "_FEW_IMAGES", 0)
    monkeypatch.setattr(module, "_DRAWN_TOGETHER", together)
    assert precision(one).values["a"] == whole
    assert precision_changes(one, other)["a"] == change


def test_an_area_is_that_of_the_whole_curve_to_the_bit():
    found = curve(2)
    for weights in np.random.default_rng(3).integers(0, 4, (20, 40)):
        often = weights[found.image]
        hits = np.cumsum(often * found.hits)
        shares, recall = hits / np.maximum(np.cumsum(often), 1), hits / (found.counted @ weights)
        envelope = np.maximum.accumulate(shares[::-1])[::-1]
        assert found.areas(weights[None])[0] == np.sum(np.diff(recall, prepend=0.0) * envelope)
