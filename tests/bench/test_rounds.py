from __future__ import annotations

import pytest

from edgeface.bench.rounds import (
    bootstrap_median,
    collect,
    iterations_for,
    peak_rates,
    peak_share,
    ratio,
    rotated,
    spread,
)


def test_each_round_starts_with_another_lane():
    order = []

    def lane(name):
        return lambda count: order.append(name) or [1.0] * count

    samples = collect({"a": lane("a"), "b": lane("b"), "c": lane("c")}, {"a": 1, "b": 2, "c": 3}, range(3))
    assert order == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert [len(batch) for batch in samples["b"]] == [2, 2, 2]


def test_rotating_by_the_number_of_lanes_changes_nothing():
    assert rotated(["a", "b"], 2) == ["a", "b"]


def test_the_ratio_is_taken_within_rounds_so_a_slow_round_cancels():
    ours, theirs = [[2.0], [20.0], [2.0]], [[1.0], [10.0], [1.0]]
    found = ratio(ours, theirs)
    assert (found.value, found.low, found.high) == (2.0, 2.0, 2.0)


def test_the_interval_contains_the_median_and_is_repeatable():
    values = [1.0, 1.1, 0.9, 1.3, 1.05, 0.95, 1.0]
    found = bootstrap_median(values)
    assert found.low <= found.value == 1.0 <= found.high
    assert found.low < found.high
    assert bootstrap_median(values) == found


def test_spread_is_over_all_runs():
    middle, low, high = spread([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]])
    assert (middle, low, high) == (6.0, 2.0, 10.0)


def test_the_share_of_the_peak_counts_two_operations_per_mac():
    peaks = peak_rates([[2.0, 1.0], [1.0, 4.0]], operations=1_000_000)
    assert peaks == [1e9, 1e9]
    assert peak_share([[4.0], [4.0]], macs=1_000_000, peaks=peaks) == pytest.approx(0.5)


def test_a_batch_lasts_about_the_requested_time():
    assert iterations_for(lambda count: [10.0] * count, batch_ms=120) == 12
    assert iterations_for(lambda count: [500.0] * count, batch_ms=120) == 1
    assert iterations_for(lambda count: [0.0] * count, batch_ms=120) == 1000
