from __future__ import annotations

import pytest

from edgeface.core.bound import Bound, Figure, enough, loss, points_lost
from edgeface.core.confidence import Interval, mean_interval, rate_interval, share_interval


def shares(matched, total, limit=97.5, margin=2.0):
    figure = Figure(share_interval(matched, total).scaled(100), total, "faces", "measured", "share")
    return Bound("faces matched", limit, 100, at_least=True, unit="%", margin=margin).judge(figure)


def rates(extra, total, limit=2.0, margin=2.0):
    figure = Figure(rate_interval(extra, total).scaled(100), total, "faces", "measured", "rate")
    return Bound("extra faces", limit, 100, unit="%", margin=margin).judge(figure)


def state(found):
    assert found.met + found.missed + (found.unsure is not None) == 1
    return "met" if found.met else "missed" if found.missed else "unsure"


@pytest.mark.parametrize(
    ("matched", "total", "expected"),
    [
        (0, 0, "unsure"),
        (5, 5, "unsure"),  # five of five may be three of four
        (16, 17, "unsure"),  # one of 17 is 94.1 %, and decides nothing
        (14, 17, "missed"),  # even the interval's better end is below
        (99, 99, "unsure"),
        (100, 100, "met"),
        (97, 100, "unsure"),  # one face decides it
        (96, 100, "missed"),
        (427, 432, "met"),
        (118, 120, "unsure"),  # within the limit, but perhaps 3.4 points beyond
        (421, 432, "unsure"),
        (420, 432, "missed"),
    ],
)
def test_a_share_is_judged_by_its_interval_and_by_how_many_there_are(matched, total, expected):
    assert state(shares(matched, total)) == expected


@pytest.mark.parametrize(
    ("extra", "total", "expected"),
    [(0, 0, "unsure"), (0, 14, "unsure"), (0, 100, "met"), (2, 100, "unsure"), (3, 100, "missed"), (3, 101, "unsure"),
     (3, 432, "met"), (9, 14, "missed"), (3, 14, "missed"), (1, 14, "unsure")],
)  # fmt: skip
def test_a_rate_is_judged_by_its_interval_and_by_how_many_there_are(extra, total, expected):
    assert state(rates(extra, total)) == expected


def test_a_limit_that_allows_nothing_is_missed_by_one_and_met_where_the_margin_is_shown():
    assert state(shares(431, 432, limit=100)) == "missed"
    assert state(shares(16, 17, limit=100)) == "missed"
    assert state(shares(432, 432, limit=100)) == "met"
    assert state(shares(150, 150, limit=100)) == "unsure"
    assert state(rates(1, 432, limit=0)) == "missed"
    assert state(rates(0, 432, limit=0)) == "met"


def test_what_is_wanting_is_stated():
    assert shares(0, 0).measured == "nothing: no faces"
    assert shares(0, 0).unsure == "there are no faces: at least 100 are needed"
    assert shares(16, 17).unsure == "17 faces are too few to decide: at least 100 are needed"
    assert shares(7, 7).unsure == "7 faces do not show it: about 100 would, if the figure stays"
    assert shares(150, 150, limit=100).unsure == "150 faces do not show it: about 189 would, if the figure stays"
    assert "no number of faces" in shares(195, 200, limit=97.5, margin=0.0).unsure


def test_the_number_that_is_wanting_suffices():
    wanted = int(shares(150, 150, limit=100).unsure.split("about ")[1].split()[0])
    assert state(shares(wanted, wanted, limit=100)) == "met"


def test_a_requirement_states_limit_margin_cases_and_interval():
    found = shares(427, 432)
    assert (found.limit, found.n, found.of) == ("≥ 97.5% (95 %: ≥ 95.5%)", 432, "faces")
    assert found.interval == pytest.approx((97.3196, 99.5046), abs=1e-4)
    assert shares(0, 0).interval == (0, 100)
    assert rates(0, 0).interval is None


def test_a_mean_is_judged_without_a_margin():
    values = [0.01 + 0.004 * (-1) ** k for k in range(200)]
    figure = Figure(mean_interval(values), 200, "faces", "0.0100")
    for limit, expected in ((0.0099, "missed"), (0.01001, "unsure"), (0.0115, "met")):
        found = Bound("mean score change", limit, 100).judge(figure)
        assert state(found) == expected
        assert found.interval == pytest.approx((figure.interval.low, figure.interval.high), rel=1e-4)
    more = int(Bound("mean score change", 0.0105, 100).judge(
        Figure(Interval(0.01, 0.009, 0.011), 200, "faces", "0.0100")).unsure.split("about ")[1].split()[0])  # fmt: skip
    assert more in (800, 801)


def test_evidence_is_a_requirement_of_its_own():
    assert state(enough("faces that fp32 finds", 0, 100, "faces")) == "unsure"
    assert state(enough("faces that fp32 finds", 99, 100, "faces")) == "unsure"
    assert state(enough("faces that fp32 finds", 100, 100, "faces")) == "met"


def test_a_loss_turns_a_change_round():
    lost = loss(Interval(-0.01, -0.02, 0.005), 400, "pairs")
    assert (lost.interval, lost.text) == (Interval(1.0, -0.5, 2.0), "1.00 points")
    assert points_lost("accuracy lost", None, 300, lost) == []
    assert points_lost("accuracy lost", 1.0, 300, None) == []
    assert [state(found) for found in points_lost("accuracy lost", 2.0, 300, lost)] == ["met"]
    assert [state(found) for found in points_lost("accuracy lost", 1.5, 300, lost)] == ["unsure"]
