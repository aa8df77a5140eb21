from __future__ import annotations

import numpy as np
import pytest

from edgeface.quantize.scale_search import Read, Rounded, noise, search_scales, slope_of_noise

CHANNELS = np.arange(4)
WIDE = (np.full(4, -9.0), np.full(4, 9.0))


def activation(above, weight=1.0):
    reach = np.array(above, np.float64)
    return Rounded(CHANNELS, np.zeros(4), reach, np.full(4, weight))


def reader(weight=1.0):
    largest = np.abs(np.random.default_rng(0).normal(size=(1, 5, 4)))
    return Read(CHANNELS[None], largest, np.array([[4.0, 0.01, 1.0, 0.3]]), np.full((1, 5), weight))


def search(rounded, read, free=(True,) * 4, limits=WIDE):
    return search_scales(rounded, read, np.zeros(4), np.array(free), limits)


def test_the_slope_is_the_derivative_of_the_noise():
    at = np.array([0.1, -0.4, 0.3, 0.0])
    terms = [Rounded(CHANNELS, np.array([0.1, 2, 0.3, 0]), np.array([1, 0.5, 2.0, 1]), np.arange(1.0, 5))], [reader()]
    for index in range(4):
        step = np.zeros(4)
        step[index] = 1e-5
        expected = (noise(*terms, at + step) - noise(*terms, at - step)) / 2e-5
        assert slope_of_noise(*terms, at)[index] == pytest.approx(expected, rel=1e-5)


def test_without_a_dense_reader_all_channels_get_nearly_the_same_reach():
    reach = np.array([8.0, 1.0, 0.1, 4.0])
    start = -0.5 * np.log(reach)
    scaled = reach * np.exp(search_scales([activation(reach)], [], start, np.full(4, True), WIDE))
    assert scaled.max() / scaled.min() < 1.7


def test_the_more_rounded_weights_count_the_less_channels_are_scaled():
    reach = np.array([8.0, 1.0, 0.1, 4.0])
    spread = [np.ptp(np.log(reach) + search([activation(reach)], [reader(by)])) for by in (0.0, 1.0, 1e4)]
    assert spread[0] < spread[1] < spread[2]


def test_the_noise_is_less_than_before_and_than_with_equal_ranges():
    reach = np.array([8.0, 1.0, 0.1, 4.0])
    terms = [activation(reach)], [reader(0.3)]
    best = noise(*terms, search(*terms))
    assert best < 0.8 * noise(*terms, np.zeros(4))
    assert best < noise(*terms, -np.log(reach))


def test_bound_classes_and_limits_are_kept():
    reach = np.array([8.0, 1.0, 0.1, 4.0])
    found = search([activation(reach)], [], (True, False, True, True), (np.full(4, -0.5), np.full(4, 0.7)))
    assert found[1] == 0
    assert found[2] == pytest.approx(0.7)
    assert found.min() >= -0.5
