"""Faults that are none of precision, each in a network that has it."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.analysis.panel import open_panel
from edgeface.analysis.symptoms import input_symptoms, output_symptoms
from edgeface.analysis.wrong_inputs import mistakes
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.backends.runtime import TensorSpec
from edgeface.core.artifact import Artifact
from edgeface.validate.reference import Reference


@pytest.fixture
def detector(faces_artifact):
    """A contract, and a network that finds two faces in whatever is not nearly black."""
    artifact = Artifact.open(faces_artifact)
    return artifact.contract, FloatRunner(open_runner(artifact), "nchw")


@pytest.fixture
def panel_of(detector, portrait):
    contract, runner = detector

    def make(network=None, images=None):
        shown = [portrait(1), portrait(2)] if images is None else images
        return open_panel(Reference("a test", network or runner.run), contract, shown, "images")

    return make


def dark():
    return [np.zeros((64, 64, 3), np.uint8)] * 2


def test_a_network_that_finds_faces_has_no_symptom(panel_of, detector):
    assert list(input_symptoms(panel_of(), detector[1].run)) == []


def test_images_without_faces_are_said(panel_of, detector):
    def blind(feeds):
        return {name: 0 * array for name, array in detector[1].run(feeds).items()}

    (found,) = input_symptoms(panel_of(blind), blind)
    assert found.kind == "no-faces"
    assert "--images" in found.fix


def test_a_contract_with_the_wrong_range_is_said(panel_of, detector):
    """The network sees faces only in pixels from 0 to 1, and the contract subtracts the mean from 0 to 255."""
    contract, runner = detector
    name = contract.input.name

    def picky(feeds):
        seen = float(np.abs(feeds[name]).max()) <= 1.0
        return {key: array if seen else 0 * array for key, array in runner.run({name: 0 * feeds[name]}).items()}

    (found,) = input_symptoms(panel_of(picky), picky)
    assert found.kind == "contract"
    assert "finds 4 faces with pixels divided by 255: 0 to 1, and 0 as the contract says" in found.words


def test_the_mistakes_are_those_that_change_the_input(panel_of, detector):
    contract, _ = detector
    panel = panel_of()
    right = panel.seen[0].view.tensor
    made = {words: change(right) for words, change in mistakes(panel)}
    assert list(made) == [
        "RGB instead of BGR",
        "pixels 0 to 255, without mean and scale",
        "pixels divided by 255: 0 to 1",
        "pixels from −1 to 1",
    ]
    mean = np.array(contract.input.mean, np.float32).reshape(1, 3, 1, 1)
    inside = right[:, :, :64, :64] + mean
    assert np.allclose(made["pixels 0 to 255, without mean and scale"], inside, atol=1e-3)
    assert np.allclose(made["RGB instead of BGR"], inside[:, ::-1] - mean, atol=1e-3)


class Wrong:
    """A runner whose outputs are constant, and whose integer input holds a part of the range."""

    def __init__(self, runner, spec):
        self._runner, self.inputs, self.outputs = runner, (spec,), runner.outputs

    def run(self, feeds):
        found = self._runner.run({name: np.zeros_like(array, np.float32) for name, array in feeds.items()})
        return {name: array * 0 + 3 for name, array in found.items()}


def test_outputs_that_follow_no_image_and_an_input_that_is_too_small_are_said(panel_of, detector, portrait):
    contract, runner = detector
    spec = TensorSpec(contract.input.name, runner.runner.inputs[0].shape, "int8", 0.5, 0)
    wrong = FloatRunner(Wrong(runner.runner, spec))
    found = list(output_symptoms(panel_of(images=[portrait(1), *dark()]), wrong))
    assert {each.kind for each in found} == {"dead-output", "input-range"}
    assert any("'scores' is the same for every image" in each.words for each in found)
    assert list(output_symptoms(panel_of(images=[portrait(1), *dark()]), runner)) == []
