from __future__ import annotations

import numpy as np
import pytest

from edgeface.validate.tensors import SILENT_DB, TensorAgreement, compare_tensors


def test_the_ratio_of_powers_in_decibel(normal):
    reference, noise = normal(100), normal(100, seed=1, scale=0.1)
    found = compare_tensors(reference, reference + noise)
    expected = 10 * np.log10(np.square(reference).sum() / np.square(noise).sum())
    assert found.snr_db == pytest.approx(expected, abs=1e-3)
    assert found.max_abs == pytest.approx(np.abs(noise).max(), rel=1e-4)
    assert found.cosine == pytest.approx(np.corrcoef(reference, reference + noise)[0, 1], abs=0.02)


def test_equal_tensors_have_no_noise_even_if_all_zero(normal):
    for tensor in (normal(2, 3), np.zeros((2, 3), np.float32)):
        found = compare_tensors(tensor, tensor.copy())
        assert (found.snr_db, found.max_abs) == (SILENT_DB, 0.0)
        assert found.cosine == pytest.approx(1.0)


def test_a_zero_reference_and_a_nonzero_candidate_disagree():
    found = compare_tensors(np.zeros(3, np.float32), np.ones(3, np.float32))
    assert found.snr_db < -200
    assert found.cosine == 0.0


def test_a_zero_candidate_has_an_snr_of_zero_decibel(normal):
    found = compare_tensors(normal(10), np.zeros(10, np.float32))
    assert found.snr_db == pytest.approx(0)
    assert found.cosine == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_infinite_noise(bad, normal):
    candidate = normal(10)
    candidate[3] = bad
    found = compare_tensors(normal(10), candidate) + compare_tensors(normal(10), normal(10))
    assert found.snr_db == -np.inf
    assert found.max_abs == np.inf
    assert found.cosine == 0.0
    assert found.as_dict() == {"snr_db": None, "max_abs": None, "cosine": 0.0}


def test_equal_infinities_do_not_agree():
    assert compare_tensors(np.array([np.inf]), np.array([np.inf])).snr_db == -np.inf


def test_agreement_of_two_runs_is_that_of_both_together(normal):
    reference, candidate = normal(2, 50), normal(2, 50, seed=1)
    both = compare_tensors(reference[0], candidate[0]) + compare_tensors(reference[1], candidate[1])
    whole = compare_tensors(reference, candidate)
    for name in ("signal", "candidate", "noise", "product", "max_abs"):
        assert getattr(both, name) == pytest.approx(getattr(whole, name))
    assert TensorAgreement() + both == both


def test_integers_do_not_overflow():
    found = compare_tensors(np.array([127, -128], np.int8), np.array([-128, 127], np.int8))
    assert found.max_abs == 255
    assert found.noise == 2 * 255**2


def test_json_has_only_significant_digits():
    assert compare_tensors(np.ones(3, np.float32), np.full(3, 1.1, np.float32)).as_dict() == {
        "snr_db": 20.0,
        "max_abs": pytest.approx(0.1, abs=1e-6),
        "cosine": 1.0,
    }
