"""Options of a repair: what they may be, and how they are written again."""

from pathlib import Path

import pytest

from edgeface.compile.repair.options import RepairOptions, parse_slowdown
from edgeface.errors import InputError


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("10 %", 0.1), ("0.1", 0.1), ("0", 0.0), ("2.5%", 0.025)])
def test_a_slowdown_is_a_share(text, share):
    assert parse_slowdown(text) == pytest.approx(share)
    assert parse_slowdown(None) is None


@pytest.mark.parametrize("text", ["", "%", "-1%", "ten", "1e9", "nan", "10%%", "1,5%"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(InputError, match="max-slowdown"):
        parse_slowdown(text)


@pytest.mark.parametrize(
    ("options", "targets", "word"),
    [
        (RepairOptions("hard"), 1, "--effort"),
        (RepairOptions("fast", 0.1), 1, "fast"),
        (RepairOptions(max_slowdown=11.0), 1, "--max-slowdown"),
        (RepairOptions(save_recipe=Path("r.toml")), 2, "--save-recipe"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, targets, word):
    with pytest.raises(InputError, match=word):
        options.check(targets)


def test_the_command_of_a_report_repeats_them():
    assert list(RepairOptions("max", 0.125).words()) == ["--effort", "max", "--max-slowdown", "12.5%"]
    assert not list(RepairOptions().words())
