import pytest

from edgeface.analysis.effect import Effect, gain, number
from edgeface.tasks.drift import Drift
from edgeface.validate.tensors import TensorAgreement


def effect(*means, snr_db=20.0):
    """An effect whose images drift by these means, each of four decisions."""
    return Effect(
        {"out": TensorAgreement(signal=10 ** (snr_db / 10), noise=1.0)},
        drifts=tuple({"scores": Drift(4 * mean, 4)} for mean in means),
    )


def test_a_gain_is_the_difference_of_drifts_with_the_jackknifes_error():
    found = gain(effect(0.4, 0.6, 0.8, snr_db=20), effect(0.2, 0.5, 0.8, snr_db=23))
    assert found.drift == pytest.approx(0.1)
    # Of equally many decisions an image, the jackknife's is the standard error of the differences .2, .1 and 0.
    assert found.error == pytest.approx(0.1 / 3**0.5)
    assert found.snr_db == pytest.approx(3.0)


def test_what_one_image_alone_shows_is_no_gain():
    one = gain(effect(0.5, 0.5, 0.5, 0.5), effect(0.1, 0.5, 0.5, 0.5))
    all_ = gain(effect(0.5, 0.5, 0.5, 0.5), effect(0.4, 0.41, 0.4, 0.39))
    assert (one.shown, all_.shown) == (False, True)
    assert gain(effect(0.4, 0.41, 0.4, 0.39), effect(0.5, 0.5, 0.5, 0.5)).harms


def test_without_decisions_only_decibels_are_gained():
    found = gain(effect(snr_db=10), effect(snr_db=12))
    assert (found.drift, found.error, found.shown) == (None, None, False)
    assert found.snr_db == pytest.approx(2.0)


def test_decisions_that_no_image_holds_have_no_drift():
    empty = Effect({}, drifts=({"scores": Drift()},))
    assert empty.drift is None
    assert empty.as_dict()["drift"] is None


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (0.01713, "0.0171"), (4.7e-5, "4.7e-05")])
def test_a_number_keeps_digits_that_count(value, text):
    assert number(value) == text
