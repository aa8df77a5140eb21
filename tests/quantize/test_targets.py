"""Targets of rounding equal direct least squares, and the ridge is the one that unseen samples prefer."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.targets import Moments, choose_ridge, squared_change, target_change

SAMPLES = 400


def of(residuals, inputs):
    made = Moments()
    for part in np.array_split(np.arange(inputs.shape[2]), 3):
        made.add(residuals[:, :, part], inputs[:, :, part])
    return made


@pytest.fixture
def sample(normal):
    def draw(groups, outputs, size, seed=0, noise=0.0):
        inputs = np.concatenate([normal(groups, size, SAMPLES, seed=seed), np.ones((groups, 1, SAMPLES))], axis=1)
        residuals = normal(groups, outputs, size + 1) @ inputs + noise * normal(groups, outputs, SAMPLES, seed=seed + 9)
        return residuals, inputs

    return draw


@pytest.mark.parametrize(("groups", "outputs", "size"), [(1, 3, 5), (4, 1, 2), (2, 3, 4)])
def test_without_a_ridge_the_change_is_that_of_least_squares(sample, groups, outputs, size):
    residuals, inputs = sample(groups, outputs, size, noise=1.0)
    found = target_change(of(residuals, inputs), 0.0)
    for group in range(groups):
        direct = np.linalg.lstsq(inputs[group].T, residuals[group].T, rcond=None)[0].T
        np.testing.assert_allclose(found[group], direct, atol=1e-5)


def test_an_infinite_ridge_changes_the_bias_alone_by_the_mean(sample):
    residuals, inputs = sample(1, 3, 5, noise=1.0)
    found = target_change(of(residuals, inputs), np.inf)
    np.testing.assert_allclose(found[:, :, -1], residuals.mean(axis=2), atol=1e-6)
    assert not found[:, :, :-1].any()


def test_the_change_of_the_squared_error_is_the_measured_one(sample):
    residuals, inputs = sample(2, 3, 4, noise=1.0)
    change = target_change(of(residuals, inputs), 0.1)
    measured = [np.square(r).mean(axis=2).sum() for r in (residuals - change @ inputs, residuals)]
    assert squared_change(of(residuals, inputs), change) == pytest.approx(measured[0] - measured[1])


def test_a_rule_that_holds_for_unseen_samples_is_followed_and_noise_is_not(sample, normal):
    halves = [of(*sample(1, 3, 5, seed)) for seed in (0, 1)]
    assert choose_ridge(*halves) == 1e-3
    noise = [of(normal(1, 3, SAMPLES, seed=s), sample(1, 3, 200, s)[1]) for s in (2, 3)]
    assert choose_ridge(*noise) == np.inf
