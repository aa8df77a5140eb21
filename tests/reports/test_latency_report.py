"""The pieces of the report on latencies: rows, tables, the plot."""

from __future__ import annotations

import re
from collections import Counter

import latency_plot
import pytest
from board_rows import rows
from latency_plot import Panel, Point
from rk3399_tables import errors_row, errors_table, limit_ms, percentile

from edgeface.devices.table import cores


def test_every_published_row_is_of_a_known_kind_of_core_and_there_once():
    found = rows()
    keys = Counter((row.board, row.core, row.threads, row.network) for row in found)
    assert max(keys.values()) == 1
    assert {row.core for row in found} <= set(cores())
    assert all(row.ms > 0 and row.clock_khz >= 1_000_000 for row in found)
    assert len({row.network for row in found}) * len({(r.board, r.core, r.threads) for r in found}) == len(found)


def test_rows_are_chosen_by_board_core_and_threads():
    assert {row.cores for row in rows("raspberry-pi-4")} == {"A72×1", "A72×4"}
    assert {row.threads for row in rows("raspberry-pi-4", "a72", 4)} == {4}
    assert rows("toaster") == ()


def test_four_threads_are_faster_than_one_on_every_board_that_has_both():
    (one, four) = (
        {row.network: row.ms for row in rows("raspberry-pi-4", threads=threads)} for threads in (1, 4)
    )  # a guard against figures in a wrong line
    assert all(1 < one[name] / four[name] < 4 for name in one)


@pytest.mark.parametrize(
    ("dtype", "threads", "ms"), [("float32", 1, 25.0), ("int8", 1, 12.5), ("float32", 2, 12.5), ("int8", 4, 3.125)]
)
def test_the_physical_limit_is_that_of_full_pipelines(dtype, threads, ms):
    assert limit_ms(180_000_000, dtype, 1_800_000, threads) == pytest.approx(ms)


def test_errors_are_summed_up_by_size_and_their_mean_has_its_sign():
    assert errors_row([-0.02, 0.04, -0.06]) == ["4.0%", "4.0%", "5.6%", "6.0%", "-1.3%"]
    assert percentile([1.0, 2.0], 0.9) == pytest.approx(1.9)
    assert "| A72×1 | 3 | 4.0% |" in errors_table({"A72×1": [-0.02, 0.04, -0.06]})


def test_the_plot_draws_every_network_and_names_those_that_are_far_off():
    near, far = Point("near & dear", 10.0, 10.5), Point("far", 1000.0, 5000.0, unseen=True)
    drawn = latency_plot.plot([Panel("A72×1", (near, far)), Panel("A53×1", (near,))])
    assert len(re.findall("<circle", drawn)) == 3
    assert re.findall(r'class="name"[^>]*>([^<]*)<', drawn) == ["far"]
    assert "near &amp; dear: published 10 ms, predicted 10.5 ms" in drawn


def test_a_point_beyond_the_plot_is_drawn_on_its_edge():
    heights = {
        ratio: re.search(r'<circle[^>]*cy="([\d.]+)"', latency_plot.plot([Panel("t", (Point("n", 10.0, 10 * ratio),))]))
        for ratio in (latency_plot.HIGH, 50.0)
    }
    assert len({found.group(1) for found in heights.values()}) == 1
