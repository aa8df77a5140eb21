"""The analysis of a real detector, against what is known of it."""

from __future__ import annotations

import pytest

from edgeface.analysis.analyze import analyze
from edgeface.analysis.request import AnalyzeRequest


@pytest.mark.hostile
def test_a_public_detector_is_taken_apart(shared_data):
    """Its noise comes from the body's second stage, not from the layers where the signal is weakest."""
    weights = shared_data / "weights" / "retinaface_mnet025_1mb.pth"
    request = AnalyzeRequest(
        "retinaface_mnet025", weights=weights, variant="1mb", color="bgr", images=shared_data / "scenes", count=8
    )
    found = analyze(request)
    assert found.judged.images == 8
    assert found.judged.kind == "images"
    assert not found.judged.effect.broken
    assert not found.symptoms
    noise = {each.change.name: each.effect.drift for each in found.judged.noise}
    assert found.judged.effect.drift < noise["JPEG 95"]
    groups = {each.group.name: each for each in found.remedies.groups}
    assert groups["stage2"].gain.drift > 3 * groups["ssh3"].gain.drift
    gains = {each.name: each.gain for each in found.remedies.corrections}
    assert gains["cross_layer_equalization"].drift > 0
    wrong = {each.words: each.effect for each in found.wrong_inputs}
    assert wrong["pixels divided by 255: 0 to 1"].broken
