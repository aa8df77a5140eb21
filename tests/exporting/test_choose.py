"""The choice among targets by predicted times, with judging as expensive as it is: every call is counted."""

from __future__ import annotations

import pytest

from edgeface.core.prediction_record import Predicted
from edgeface.errors import GateError, GraphError, InputError, RuntimeFailure
from edgeface.exporting.choose import CANDIDATES, Candidate, choose


def predicted(ms, runtime="litert"):
    return Predicted(
        runtime=runtime,
        version="1",
        core="a72",
        threads=2,
        low_ms=ms / 2,
        expected_ms=ms,
        high_ms=ms * 1.4,
        fitted_ms=ms * 1.3,
    )


def candidates(**times):
    """Candidates by name with underscores; None is without a prediction, a text why there is no model."""
    return [
        Candidate(name.replace("_", "-"), unbuilt=ms)
        if isinstance(ms, str)
        else Candidate(name.replace("_", "-"), None if ms is None else predicted(ms))
        for name, ms in times.items()
    ]


class Gate:
    """Judges: some fail, some take another time after a repair; `asked` is the order."""

    def __init__(self, given, failing=(), repaired=None, error=GateError):
        self.times = {each.target: each.predicted for each in given}
        self.failing, self.repaired, self.error = failing, repaired or {}, error
        self.asked = []

    def __call__(self, target):
        self.asked.append(target)
        if target in self.failing:
            raise self.error(f"{target} is not good enough")
        return target.upper(), predicted(self.repaired[target]) if target in self.repaired else self.times[target]


def chosen(given, **gate):
    judge = Gate(given, **gate)
    return choose(given, judge, "A board"), judge.asked


def test_the_quickest_is_judged_and_no_other():
    found, asked = chosen(candidates(a=40.0, b=20.0, c=30.0))
    assert (found.target, found.result, asked) == ("b", "B", ["b"])
    by_name = {each.target: each for each in found.candidates}
    assert [each.target for each in found.candidates] == ["a", "b", "c"]
    assert (by_name["a"].gate, by_name["a"].why) == ("not judged", "predicted 2.00 × as long")
    assert [each.target for each in found.candidates if each.chosen] == ["b"]
    assert found.why == "of 3 targets that were predicted, b is the quickest on A board that passes the gate"


@pytest.mark.parametrize(
    ("error", "gate"), [(GateError, "refused"), (RuntimeFailure, "refused"), (GraphError, "not built")]
)
def test_the_next_is_judged_if_the_quickest_is_refused(error, gate):
    found, asked = chosen(candidates(a=40.0, b=20.0, c=30.0), failing=["b"], error=error)
    assert (found.target, asked) == ("c", ["b", "c"])
    refused = next(each for each in found.candidates if each.target == "b")
    assert (refused.gate, refused.why) == (gate, "b is not good enough")


def test_a_repair_that_costs_time_lets_the_next_be_judged_and_win():
    found, asked = chosen(candidates(a=20.0, b=30.0), repaired={"a": 45.0})
    assert (found.target, asked) == ("b", ["a", "b"])
    assert next(each for each in found.candidates if each.target == "a").why == "predicted 1.50 × as long"


def test_a_repair_that_stays_quicker_is_chosen_at_its_new_time():
    found, asked = chosen(candidates(a=20.0, b=30.0), repaired={"a": 25.0})
    assert (found.target, asked) == ("a", ["a"])
    assert found.candidates[0].predicted.expected_ms == 25.0


def test_targets_within_the_predictions_error_are_named():
    found, _ = chosen(candidates(a=20.0, b=21.0, c=40.0))
    assert found.why.endswith("; b is as quick within what a prediction can tell")
    assert "within" not in chosen(candidates(a=20.0, b=20.5), failing=["a"])[0].why


def test_without_predictions_the_first_that_passes_is_chosen_and_that_is_said():
    found, asked = chosen(candidates(a=None, b=None, c=None), failing=["a"])
    assert (found.target, asked) == ("b", ["a", "b"])
    assert found.why == "b is the first of the candidates that passes the gate; no times were predicted"
    assert [each.why for each in found.candidates] == ["a is not good enough", "", "no prediction"]


def test_a_candidate_without_a_prediction_comes_after_those_with_one():
    found, asked = chosen(candidates(a=None, b=20.0))
    assert (found.target, asked) == ("b", ["b"])
    assert chosen(candidates(a=None, b=20.0), failing=["b"])[0].target == "a"


def test_a_candidate_that_could_not_be_predicted_is_named_with_its_reason():
    given = [Candidate("a", predicted(20.0)), Candidate("b", missing="no answer in time")]
    found, _ = chosen(given)
    assert found.candidates[1].why == "no prediction: no answer in time"
    assert found.why == "a is the only target that was predicted (b could not be predicted)"
    assert chosen(given, failing=["a"])[0].candidates[1].why == ""


def test_what_could_not_be_built_is_in_the_record_and_never_judged():
    found, asked = chosen(candidates(a="it has no lowering for Erf", b=20.0))
    assert asked == ["b"]
    assert (found.candidates[0].gate, found.candidates[0].why) == ("not built", "it has no lowering for Erf")
    assert found.why == "b is the only target that was predicted"


def test_none_that_passes_is_the_gates_error_with_every_reason():
    given = candidates(a=20.0, b="it has no lowering")
    with pytest.raises(GateError, match="no target for A board is good enough") as caught:
        choose(given, Gate(given, failing=["a"]), "A board")
    assert "a (refused): a is not good enough; b (not built): it has no lowering" in str(caught.value.where)
    assert caught.value.exit_code == 1


def test_bad_input_is_not_taken_for_a_refusal():
    given = candidates(a=20.0, b=30.0)
    with pytest.raises(InputError):
        choose(given, Gate(given, failing=["a"], error=InputError), "A board")


def test_candidates_run_on_a_boards_processor():
    assert "tensorrt-int8" not in CANDIDATES
    assert CANDIDATES[0] == "tflite-int8"
