"""Limits relative to noise: what is kept, what is beyond chance, and what is neither."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.core.relative import Relative, unmeasured


def state(found):
    assert found.met + found.missed + (found.unsure is not None) == 1
    return "met" if found.met else "missed" if found.missed else "unsure"


def flips(changed, by_noise, total=432, factor=1.0, floor=1.0):
    return Relative("flips", factor, "JPEG 95", floor, 100, "faces").of_counts(changed, by_noise, total)


@pytest.mark.parametrize(
    ("changed", "by_noise", "total", "expected"),
    [
        (8, 35, 432, "met"),
        (35, 35, 432, "met"),
        (7, 7, 288, "met"),
        (5, 4, 310, "unsure"),  # one more is chance
        (20, 14, 310, "unsure"),
        (30, 7, 288, "missed"),
        (40, 14, 310, "missed"),
        (0, 0, 432, "met"),
        (4, 0, 432, "met"),  # 1 % of the faces is always allowed
        (6, 0, 432, "unsure"),  # more than that, but maybe not of the next images
        (12, 0, 432, "missed"),
        (1, 0, 99, "unsure"),  # too few faces
        (0, 0, 0, "unsure"),
        (60, 2, 90, "missed"),  # few, but far beyond chance
    ],
)
def test_flips_are_judged_against_the_noise_s(changed, by_noise, total, expected):
    assert state(flips(changed, by_noise, total)) == expected


def test_a_factor_allows_so_many_times_the_noise():
    assert state(flips(14, 7, 288, factor=2)) == "met"
    assert state(flips(24, 7, 288, factor=1)) == "missed"
    assert state(flips(24, 7, 288, factor=2)) == "unsure"
    assert state(flips(60, 7, 288, factor=2)) == "missed"


def test_more_flips_within_chance_are_no_reason_to_doubt_where_a_steadier_figure_is_kept():
    judged = Relative("flips", 1, "JPEG 95", 1, 100, "faces")
    found = judged.of_counts(9, 7, 288, backed=True)
    assert (found.met, found.measured) == (True, "9 of 288, more by chance")
    assert judged.of_counts(30, 7, 288, backed=True).missed
    assert judged.of_counts(3, 1, 60, backed=True).unsure == "60 faces are too few to decide: at least 100 are needed"


def test_noise_of_a_part_of_the_cases_counts_as_that_share_of_all():
    judged = Relative("flips", 0.9, "JPEG 95", 1, 100, "faces")
    found = judged.of_counts(14, 7, 432, of_noise=90)
    assert (found.met, found.limit) == (True, "≤ 30.24 (0.9 × JPEG 95: 7 of 90)")
    assert judged.of_counts(14, 35, 432, of_noise=432) == judged.of_counts(14, 35, 432)
    assert judged.of_counts(60, 2, 432, of_noise=90).missed
    assert not judged.of_counts(60, 2, 432, of_noise=20).missed  # 2 of 20 faces show little


def test_a_figure_beyond_its_limit_is_marked_be_it_by_chance_and_one_of_few_cases_is_not():
    assert [flips(*counts).beyond for counts in ((5, 4, 310), (60, 7, 288), (4, 5, 310), (5, 4, 60))] == [
        *(True, True, False, False)
    ]


def test_limits_and_figures_are_said_in_words():
    found = flips(8, 35)
    assert (found.limit, found.measured, found.n, found.of) == ("≤ 35 (JPEG 95: 35)", "8 of 432", 432, "faces")
    assert found.interval == pytest.approx((4.05, 15.8), abs=0.05)
    assert flips(3, 2).limit == "≤ 4.32 (1 % of faces; JPEG 95: 2)"
    assert flips(3, 7, factor=2).limit == "≤ 14 (2 × JPEG 95: 7)"
    assert str(flips(5, 4, 310).unsure).startswith("5 against 4 is within chance: about ")


@pytest.mark.parametrize(("rate", "most"), [(1.0, 0.06), (0.6, 0.005)])
def test_a_build_as_noisy_as_the_noise_is_seldom_refused(rate, most):
    rng = np.random.default_rng(0)
    drawn = [(int(rng.poisson(20 * rate)), int(rng.poisson(20))) for _ in range(400)]
    assert sum(flips(*counts).missed for counts in drawn) / 400 <= most


def test_a_build_three_times_as_noisy_is_mostly_refused():
    rng = np.random.default_rng(0)
    drawn = [(int(rng.poisson(60)), int(rng.poisson(20))) for _ in range(200)]
    assert sum(flips(*counts).missed for counts in drawn) / 200 > 0.95
    assert not any(flips(*counts).met for counts in drawn)


def means(scale, noise=1.0, count=300, floor=0.005, factor=1.0):
    rng = np.random.default_rng(5)
    values = scale * 0.01 * rng.exponential(size=count)
    return Relative("mean score change", factor, "JPEG 95", floor, 100, "matched faces").of_means(
        list(values), list(noise * 0.01 * rng.exponential(size=300))
    )


@pytest.mark.parametrize(
    ("scale", "noise", "expected"),
    [(0.5, 1, "met"), (1.05, 1, "unsure"), (2, 1, "missed"), (0.3, 0.01, "met"), (2, 0.01, "missed")],
)
def test_mean_changes_are_judged_against_the_noise_s(scale, noise, expected):
    assert state(means(scale, noise)) == expected


def test_few_cases_show_nothing_and_none_nothing_at_all():
    assert means(0.5, count=50).unsure == "50 matched faces are too few to decide: at least 100 are needed"
    assert means(9.0, count=50).missed
    found = means(1, count=0)
    assert (found.measured, found.interval) == ("nothing: no matched faces", None)
    assert state(found) == "unsure"


def test_a_figure_that_is_no_number_is_not_met():
    found = Relative("x", 1, "JPEG 95", 0.005, 1, "faces").of_means([float("nan")] * 5, [0.01] * 5)
    assert not found.met


def test_noise_that_was_not_measured_decides_nothing():
    assert state(unmeasured("flips", "JPEG 95")) == "unsure"
