"""A user's own limits: names, units and what is wrong with them."""

from __future__ import annotations

import pytest

from edgeface.core.max_drop import DROPS, own_limits, parse_max_drop, refuse_unmeasured, with_own
from edgeface.core.thresholds import Thresholds
from edgeface.errors import InputError
from edgeface.tasks import task, tasks

DETECTOR, RECOGNIZER = task("detection").judged, task("recognition").judged


def test_items_become_fields_of_thresholds():
    assert own_limits(parse_max_drop("matched=0.5%, extra=1%,score=0.005"), DETECTOR) == {
        "matched_percent": 99.5,
        "extra_percent": 1.0,
        "mean_score_change": 0.005,
    }
    assert own_limits(parse_max_drop("identity=0.001,worst=0.02"), RECOGNIZER) == {
        "mean_cosine": 0.999,
        "min_cosine": 0.98,
    }


def test_a_user_s_limits_replace_the_gate_s_and_leave_the_rest():
    gate = Thresholds(matched_percent=97.5, snr_db=10, noise_factor=1)
    found = with_own(gate, own_limits({"matched": "0.5%"}, DETECTOR))
    assert (found.matched_percent, found.snr_db, found.noise_factor) == (99.5, 10, 1)


@pytest.mark.parametrize("text", ["", "matched", "matched=", "=1%", "matched=1%,,extra=1%", "matched=1%,matched=2%"])
def test_what_is_no_list_of_items_is_refused(text):
    with pytest.raises(InputError) as caught:
        parse_max_drop(text)
    assert caught.value.where == "--max-drop"
    assert caught.value.fix


@pytest.mark.parametrize(
    ("item", "what", "fix"),
    [
        ("matchd=1%", "unknown name 'matchd'", "did you mean matched?"),
        ("identity=0.1", "'identity' is not measured of such a network", "matched=0.5%"),
        ("matched=1", "matched is in percent", "write matched=0.5%"),
        ("score=1%", "score is not in percent", "write score=0.005"),
        ("matched=few%", "matched=few% is not a number", "write matched=0.5%"),
        ("matched=nan%", "matched=nan% is not from 0 to 100%", "write matched=0.5%"),
        ("matched=-1%", "matched=-1% is not from 0 to 100%", "write matched=0.5%"),
        ("score=1e400", "score=1e400 is not from 0 to 1", "write score=0.005"),
    ],
)
def test_a_wrong_item_is_named_with_what_to_write(item, what, fix):
    with pytest.raises(InputError) as caught:
        own_limits(parse_max_drop(item), DETECTOR)
    assert what in caught.value.what
    assert fix in str(caught.value.fix)


@pytest.mark.parametrize("name", DROPS)
def test_every_name_is_of_one_task_and_its_example_is_one(name):
    of = [each for each in tasks().values() if DROPS[name].field in each.judged]
    assert len(of) == 1
    (field,) = own_limits(parse_max_drop(f"{name}={DROPS[name].example}"), of[0].judged)
    assert field in Thresholds.model_fields


def test_what_is_not_measured_is_not_limited():
    refuse_unmeasured(["matched", "precision"], ["--labels"])
    with pytest.raises(InputError, match="only measured with --pairs"):
        refuse_unmeasured(["identity", "tar"], ["--labels"])
