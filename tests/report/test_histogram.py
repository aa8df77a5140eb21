from __future__ import annotations

import re

import pytest

from edgeface.report.chart import Scale, outward, round_step, stairs
from edgeface.report.histogram import BINS, Group, Row, Words, histogram

WORDS = Words("Scores", "score", "Some scores.")


@pytest.mark.parametrize(("least", "step"), [(0.013, 0.02), (0.02, 0.02), (3, 5), (7, 10), (1, 1), (0.0049, 0.005)])
def test_steps_are_one_two_or_five_times_a_power_of_ten(least, step):
    assert round_step(least) == pytest.approx(step)


@pytest.mark.parametrize("low", [-3.7, -0.02, 0.0, 0.5, 120.0])
@pytest.mark.parametrize("span", [1e-6, 0.07, 1.0, 33.0])
def test_ticks_are_within_the_axis_and_few(low, span):
    scale = Scale(low, low + span)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 8
    assert all(0 <= tick.at <= 100 for tick in ticks)
    assert len({tick.label for tick in ticks}) == len(ticks)


def test_values_beyond_an_axis_are_at_its_end_and_larger_ones_stand_higher():
    up = Scale(0.0, 10.0, down=True)
    assert [up.at(value) for value in (-5, 0, 2.5, 10, 99)] == [100, 100, 75, 0, 0]


def test_axes_reach_outward_and_are_never_empty():
    assert outward(0.31, 0.87, 0.1) == pytest.approx((0.3, 0.9))
    low, high = outward(0.5, 0.5, 0.1)
    assert high > low


def test_bars_are_as_high_as_their_shares():
    chart = histogram(WORDS, (Row("", (Group("own", "int8", [0.1] * 3 + [0.9]),)),), (0.0, 1.0))
    (panel,) = chart.panels
    bars = [(float(to), 100 - float(top)) for top, to in re.findall(r"V([\d.]+)H([\d.]+)", panel.shapes[0].path)]
    assert [round(to * BINS / 100) for to, _ in bars] == [BINS // 10 + 1, 9 * BINS // 10 + 1]
    assert bars[0][1] == pytest.approx(3 * bars[1][1], abs=0.02)
    assert chart.key == ()


def test_groups_of_unequal_numbers_compare_by_their_shares():
    few, many = [0.2, 0.8], [0.2, 0.8] * 500
    chart = histogram(WORDS, (Row("", (Group("genuine", "one", few), Group("impostor", "two", many))),), (0.0, 1.0))
    first, second = chart.panels[0].shapes
    assert first.path == second.path
    assert chart.key == (("genuine", "one"), ("impostor", "two"))


def test_panels_share_their_axis_and_a_threshold_is_within_it():
    rows = (
        Row("fp32", (Group("plain", "fp32", [0.1, 0.2]),), ((0.7, "threshold"),)),
        Row("int8", (Group("own", "int8", [0.3, 0.4]),)),
    )
    chart = histogram(WORDS, rows)
    assert [panel.name for panel in chart.panels] == ["fp32", "int8"]
    (rule,) = chart.panels[0].rules
    assert 50 < rule.at <= 100
    assert chart.panels[0].ticks == chart.panels[1].ticks


@pytest.mark.parametrize("values", [[], [0.5]])
def test_there_is_no_histogram_of_less_than_two_values(values):
    assert histogram(WORDS, (Row("", (Group("own", "int8", values),)),)) is None


def test_equal_values_have_a_histogram_too():
    assert histogram(WORDS, (Row("", (Group("own", "int8", [0.5, 0.5]),)),)) is not None


def test_stairs_leave_out_what_is_empty():
    assert stairs([50.0, 100.0]) == "M0 100V50H50V0H100V100"
    assert stairs([0.0, 50.0, 0.0, 25.0]) == "M25 100V50H50V100M75 100V75H100V100"
    assert stairs([0.0, 0.0]) == ""
