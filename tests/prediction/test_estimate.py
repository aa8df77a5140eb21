from __future__ import annotations

import pytest

from edgeface.devices.count import Counts
from edgeface.devices.fitted import fitted_ms, pipe_ms
from edgeface.devices.profile_latency import Cycles, RuntimeShare
from edgeface.prediction.estimate import estimate, shares_of
from edgeface.prediction.known import choose_latencies

(BOARD,) = choose_latencies("rk3399", "a72", 1)
FIT = BOARD.model_copy(update={"cycles": Cycles(vector=1.0, other=2.0, l1=5.0, l2=15.0)})
SHARE = RuntimeShare(runtime="litert", dtype="int8", expected=0.75, low=0.5, high=0.9, reason="a test")


def test_the_range_of_the_fitted_runtime_is_the_fits_error(small_counts):
    found = estimate(small_counts, FIT, None, FIT.runtime)
    assert found.expected_ms == found.fitted_ms == fitted_ms(small_counts, FIT)
    assert found.low_ms == pytest.approx(found.fitted_ms * (1 - FIT.p90_error))
    assert found.high_ms == pytest.approx(found.fitted_ms * (1 + FIT.p90_error))


def test_a_runtime_with_a_share_is_between_the_pipelines_bound_and_the_fitted_figure(small_counts):
    found = estimate(small_counts, FIT, SHARE, "litert")
    assert found.expected_ms == pytest.approx(0.75 * found.fitted_ms)
    assert (found.low_ms, found.high_ms) == (pipe_ms(small_counts, FIT), found.fitted_ms)
    above = SHARE.model_copy(update={"high": 1.1})
    assert estimate(small_counts, FIT, above, "litert").high_ms == pytest.approx(1.1 * found.fitted_ms)


def test_the_upper_estimate_is_the_most_that_is_known_to_be_taken(small_counts):
    more = SHARE.model_copy(update={"high": 1.25})
    found = estimate(small_counts, FIT, more, "litert")
    assert found.high_ms == pytest.approx(1.25 * found.fitted_ms)


def test_a_runtime_of_which_nothing_is_known_may_take_longer_than_the_fitted_figure(small_counts):
    found = estimate(small_counts, FIT, None, "ort")
    assert found.low_ms == found.pipe_ms < found.expected_ms == found.fitted_ms < found.high_ms


@pytest.mark.parametrize(("share", "runtime"), [(None, "ncnn"), (SHARE, "litert"), (None, "ort")])
def test_nothing_is_below_the_bound_of_the_pipelines(share, runtime):
    full = Counts(instructions=1_000_000, vector=1_000_000, l1_misses=0, l2_misses=0, float_products=1_000_000)
    quick = FIT.model_copy(update={"cycles": Cycles(vector=0.7)})
    found = estimate(full, quick, share, runtime)
    assert found.pipe_ms <= found.low_ms <= found.expected_ms <= found.high_ms
    assert found.expected_ms == pytest.approx(1 / 1.8)


@pytest.mark.parametrize(
    ("counts", "bound"),
    [
        (Counts(1_000_000, 1_000_000, 0, 0), "arithmetic"),
        (Counts(1_000_000, 0, 0, 0), "loads"),
        (Counts(1, 1, 0, 0, accesses=1_000_000, reads=500_000), "loads"),
        (Counts(1, 1, 1_000_000, 0), "L2"),
        (Counts(1, 1, 1_000_000, 1_000_000), "DRAM"),
        (Counts(1, 1, 0, 0, l2_reads=1_000_000), "DRAM"),
    ],
)
def test_shares_say_what_the_cycles_go_to(counts, bound):
    every = Cycles(vector=1, other=2, read=1, write=4, l1=5, l2=14, l2_read=10)
    found = shares_of(counts, FIT.model_copy(update={"cycles": every}))
    assert sum(found.values()) == pytest.approx(1)
    assert found[bound] > 0.99


def test_nothing_has_shares_too():
    assert shares_of(Counts(0, 0, 0, 0), FIT)["arithmetic"] == 1
