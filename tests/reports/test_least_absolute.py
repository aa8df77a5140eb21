from __future__ import annotations

import numpy as np
import pytest
from least_absolute import fit, left_out_errors


@pytest.fixture
def features():
    return np.random.default_rng(4).lognormal(size=(14, 4)) * [100, 20, 3, 1]


def test_networks_that_do_not_fit_bend_nothing(features):
    true = np.array([0.7, 1.8, 5.0, 14.0])
    wanted = features @ true
    wanted[[2, 9]] *= [1.4, 0.8]
    np.testing.assert_allclose(fit(features, wanted), true, rtol=1e-9)
    errors = left_out_errors(features, wanted)
    np.testing.assert_allclose(errors[[2, 9]], [1 / 1.4 - 1, 1 / 0.8 - 1], rtol=1e-9)
    assert np.abs(np.delete(errors, [2, 9])).max() < 1e-9


def test_coefficients_are_never_negative_and_none_is_better(features):
    random = np.random.default_rng(5)
    wanted = features @ [0.7, 0.0, 5.0, 14.0] * random.uniform(0.8, 1.2, 14) - 0.1 * features[:, 1]
    found = fit(features, wanted)
    assert (found >= 0).all()

    def deviation(coefficients):
        return np.abs(features @ coefficients / wanted - 1).sum()

    nearby = found * random.uniform(0.9, 1.1, (500, 4)) + random.uniform(0, 0.05, (500, 4))
    assert min(map(deviation, nearby)) > deviation(found)


def test_a_count_that_is_always_zero_costs_nothing(features):
    features[:, 2] = 0
    np.testing.assert_allclose(fit(features, features @ [1.0, 2.0, 9.0, 3.0]), [1, 2, 0, 3], atol=1e-9)
