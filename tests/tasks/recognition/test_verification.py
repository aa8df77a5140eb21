"""Accuracy, rates, intervals and thresholds: against hand-computed cases and slow searches."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.tasks.recognition.accept_rates import accept_rates, tar_at_far
from edgeface.tasks.recognition.bootstrap import bootstrap, bootstrap_difference, resamples
from edgeface.tasks.recognition.threshold_shift import shift_at_best_accuracy, shift_at_far
from edgeface.tasks.recognition.verification import best_threshold, fold_accuracy, unshuffled_folds


def pairs_like(count=400, gap=1.5, seed=0):
    """Scores that overlap, rounded so that many are equal."""
    rng = np.random.default_rng(seed)
    same = np.arange(count) % 2 == 0
    return np.round(rng.normal(np.where(same, gap, 0.0), 1.0), 1), same


def accuracy(scores, same, threshold):
    return np.mean([(s >= threshold) == t for s, t in zip(scores, same, strict=True)])


def tar(scores, same):
    return tar_at_far(scores, same, 0.1).tar


def test_the_best_threshold_lies_midway_in_the_gap():
    found = best_threshold([0.1, 0.3, 0.5, 0.9], [False, False, True, True])
    assert (found.threshold, found.accuracy) == (pytest.approx(0.4), 1.0)


@pytest.mark.parametrize("seed", range(5))
def test_no_threshold_is_better_than_the_best(seed):
    scores, same = pairs_like(60, seed=seed)
    found = best_threshold(scores, same)
    candidates = [*np.unique(scores), np.inf]
    assert found.accuracy == max(accuracy(scores, same, threshold) for threshold in candidates)
    assert accuracy(scores, same, found.threshold) == found.accuracy


@pytest.mark.parametrize(("same", "score_accepted"), [([True, True], True), ([False, False], False)])
def test_pairs_of_one_kind_are_all_accepted_or_all_rejected(same, score_accepted):
    found = best_threshold([0.5, 0.7], same)
    assert found.accuracy == 1.0
    assert (found.threshold <= 0.5, found.threshold <= 0.7) == (score_accepted, score_accepted)


def test_each_fold_is_evaluated_at_the_others_threshold():
    # Fold 1 alone would choose a threshold near 0.65 and err nowhere; fold 0's threshold is 0.4.
    scores, same = [0.3, 0.5, 0.6, 0.7], [False, True, False, True]
    found = fold_accuracy(scores, same, [0, 0, 1, 1])
    assert found.thresholds == (pytest.approx(0.65), pytest.approx(0.4))
    assert found.correct.tolist() == [True, False, False, True]
    assert (found.mean, found.std) == (0.5, 0.0)


def test_fold_accuracy_matches_an_exhaustive_search():
    scores, same = pairs_like(200)
    folds = np.arange(200) // 20
    expected = []
    for fold in range(10):
        others = folds != fold
        threshold = best_threshold(scores[others], same[others]).threshold
        expected.append(accuracy(scores[~others], same[~others], threshold))
    found = fold_accuracy(scores, same, folds)
    assert (found.mean, found.std) == (pytest.approx(np.mean(expected)), pytest.approx(np.std(expected)))
    assert len(found.thresholds) == 10


def test_unshuffled_folds_hold_both_kinds_in_order():
    same = np.array([True] * 20 + [False] * 40)
    folds = unshuffled_folds(same, 10)
    assert folds[:20].tolist() == sorted(list(range(10)) * 2)
    assert np.bincount(folds).tolist() == [6] * 10
    assert unshuffled_folds([True, False, False]).tolist() == [0, 0, 0]
    assert unshuffled_folds([True] * 3 + [False] * 9).max() == 2


def test_the_threshold_accepts_no_more_impostors_than_the_rate_allows():
    impostors = np.linspace(0, 0.5, 1000)
    scores = np.concatenate([impostors, [0.4, 0.4996, 0.6, 0.7]])
    found = tar_at_far(scores, np.arange(1004) >= 1000, 1e-3)
    assert found.accepted == 1
    assert found.tar == 0.75
    assert impostors[-2] < found.threshold < impostors[-1]
    assert "only 1 of 1000" in found.caution


@pytest.mark.parametrize("far", [0.02, 0.1, 0.29, 0.5])
def test_tar_is_the_best_of_all_thresholds_that_keep_the_rate(far):
    scores, same = pairs_like(200)
    rates = [accept_rates(scores, same, t) for t in [*np.unique(scores), np.inf]]
    assert tar_at_far(scores, same, far).tar == max(true for true, false in rates if false <= far)


def test_ties_among_impostors_are_accepted_together_or_not_at_all():
    found = tar_at_far([0.9, 0.5, 0.5, 0.5, 0.1, 0.5], [True] + [False] * 4 + [True], 0.25)
    assert (found.accepted, found.tar) == (0, 0.5)


def test_too_few_impostors_give_a_caution():
    scores, same = pairs_like(400)
    assert "200 pairs of different persons are too few for FAR 0.001" in tar_at_far(scores, same, 1e-3).caution
    assert tar_at_far(scores, same, 0.05).caution is None


@pytest.mark.parametrize("far", [0, 1, -0.1, float("nan")])
def test_an_invalid_rate_is_refused(far):
    with pytest.raises(InputError, match="not a false accept rate"):
        tar_at_far([0.1, 0.2], [True, False], far)


@pytest.mark.parametrize(
    ("scores", "same", "message"),
    [([], [], "do not fit"), ([0.1], [True, False], "do not fit"), ([np.nan, 1], [True, False], "finite")],
)
def test_arrays_of_different_lengths_are_refused(scores, same, message):
    with pytest.raises(InputError, match=message):
        best_threshold(scores, same)


def test_rates_need_both_kinds_and_folds_need_two():
    with pytest.raises(InputError, match="same person and pairs of different"):
        tar_at_far([0.1, 0.2], [True, True], 0.1)
    with pytest.raises(InputError, match="two folds"):
        fold_accuracy([0.1, 0.2], [True, False], [0, 0])


def test_an_interval_over_pairs_matches_the_binomial():
    same = np.arange(4000) % 2 == 0
    right = (np.arange(4000) % 10 > 0).astype(float)  # 90 %
    found = bootstrap(lambda values, _: float(values.mean()), right, same)
    spread = 1.96 * np.sqrt(0.9 * 0.1 / 4000)
    assert found.value == pytest.approx(0.9)
    assert (found.high - found.low) / 2 == pytest.approx(spread, rel=0.1)


def test_an_interval_depends_on_the_seed_only():
    scores, same = pairs_like()
    assert bootstrap(tar, scores, same) == bootstrap(tar, scores, same)
    assert bootstrap(tar, scores, same, seed=1) != bootstrap(tar, scores, same)


def test_pairs_of_few_persons_give_a_wider_interval_over_persons():
    rng = np.random.default_rng(0)
    names = [(f"p{i // 40}", f"p{i // 40}") for i in range(400)] + [(f"p{i % 10}", f"q{i}") for i in range(400)]
    same = np.arange(800) < 400
    levels = rng.normal(1, 1, 10)  # some persons are hard to know again
    scores = np.where(same, levels[np.minimum(np.arange(800) // 40, 9)], 0) + rng.normal(0, 0.3, 800)
    over_pairs, over_persons = bootstrap(tar, scores, same), bootstrap(tar, scores, same, names)
    assert over_persons.high - over_persons.low > 2 * (over_pairs.high - over_pairs.low)
    assert over_persons.value == over_pairs.value


def test_a_pair_counts_as_often_as_both_persons_are_sampled():
    names = [("a", "a"), ("b", "b"), ("a", "b")]
    drawn = [np.bincount(chosen, minlength=3) for chosen in resamples(np.array([True, True, False]), names, 200)]
    assert {tuple(count) for count in drawn} == {(1, 1, 1)}  # a twice and b never leaves no impostors


def test_resamples_without_both_kinds_are_refused():
    with pytest.raises(InputError, match="too few"):
        bootstrap(tar, [0.1, 0.2], [True, False], names=[("a", "a"), ("b", "c")], draws=0)


def test_a_difference_has_a_narrower_interval_than_its_figures():
    scores, same = pairs_like(2000)
    other = scores - np.where(same, 0.1, 0.0)
    difference = bootstrap_difference(tar, scores, other, same)
    single = bootstrap(tar, scores, same)
    assert difference.value == tar(other, same) - tar(scores, same) < 0
    assert difference.high - difference.low < (single.high - single.low) / 2
    assert bootstrap_difference(tar, scores, scores, same).high == 0


def test_a_shift_of_all_scores_is_corrected_by_the_threshold():
    scores, same = pairs_like(2000)
    for found in (shift_at_far(scores, scores - 0.25, same, 0.02), shift_at_best_accuracy(scores, scores - 0.25, same)):
        assert found.shift == pytest.approx(-0.25)
        assert found.candidate == pytest.approx(found.reference - 0.25)
    kept = shift_at_far(scores, scores - 0.25, same, 0.02)
    assert kept.kept_tar < tar_at_far(scores, same, 0.02).tar
    assert kept.kept_far < 0.02
