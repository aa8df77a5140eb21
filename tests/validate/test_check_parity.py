"""Images are known for calibration images by their names, from whichever folder these start."""

from __future__ import annotations

import pytest

from edgeface.validate.check_parity import calibrated_among


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["Ann/1.jpg", "Bob/2.jpg"], ["Ann/1.jpg"]),
        (["1.jpg", "3.jpg"], ["1.jpg"]),
        (["lfw/Ann/1.jpg", "lfw/Bob/1.jpg"], ["lfw/Ann/1.jpg"]),
        (["Bob/1.jpg", "nn/1.jpg"], []),
    ],
)
def test_names_are_compared_from_their_end(names, shared):
    assert calibrated_among(names, ["Ann/1.jpg", "Ann/2.jpg"]) == shared


def test_flat_names_are_found_below_a_folder():
    assert calibrated_among(["photos/a.jpg", "photos/b.jpg"], ["a.jpg"]) == ["photos/a.jpg"]
