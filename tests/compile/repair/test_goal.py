"""Goals from verdicts: how much smaller drift has to become, for every form of requirement."""

import pytest

from edgeface.compile.repair.goal import OUTPUTS, ROOM, goal_of, shrink_needed, tightened
from edgeface.core.bound import Bound, Figure
from edgeface.core.confidence import Interval, rate_interval, share_interval
from edgeface.core.relative import Relative
from edgeface.core.requirement import Requirement

KINDS = ("scores", "landmarks", OUTPUTS)


def missed(what, limit, measured, interval=None, n=300):
    return Requirement(what, limit, measured, False, None, n, "faces", interval)


FORMS = [
    (missed("mean score change", "≤ 0.0077 (JPEG 95: 0.0077)", "0.0104", (0.0094, 0.0114)), 0.0077 / 0.0104),
    (missed("flips at the threshold", "≤ 5 (JPEG 95: 5)", "20 of 300", (12.2, 30.9)), 5 / 12.2),
    (missed("faces matched", "≥ 97.5% (95 %: ≥ 95.5%)", "95.00%", (94.0, 96.0)), 2.5 / 5),
    (missed("mean cosine to float32", "≥ 0.99", "0.96", (0.95, 0.97)), 0.5),
    (missed("minimum cosine to float32", "≥ 0.9", "0.60", None), 0.5),
    (missed("minimum output SNR", "≥ 26 dB", "20.0 dB", None, None), 10 ** (-6 / 20)),
    (missed("largest difference of any output", "≤ 0.1", "0.4", None, None), 0.25),
    (missed("accuracy lost", "≤ 1 points", "2.00 points", (1.9, 2.1)), 0.5),
]


@pytest.mark.parametrize(("requirement", "share"), FORMS, ids=lambda each: getattr(each, "what", ""))
def test_every_form_of_requirement_says_how_much_is_needed(requirement, share):
    assert shrink_needed(requirement) == pytest.approx(share * ROOM)


@pytest.mark.parametrize(
    "made",
    [
        Bound("faces matched", 97.5, 100, True, "%", 2.0).judge(
            Figure(share_interval(250, 300).scaled(100), 300, "faces", "83.33% (50 of 300 missed)", "share")
        ),
        Bound("extra faces", 2.0, 100, unit="%").judge(
            Figure(rate_interval(30, 300).scaled(100), 300, "faces", "10.00% (30)", "rate")
        ),
        Bound("mean cosine to float32", 0.99, 100, at_least=True).judge(
            Figure(Interval(0.95, 0.94, 0.96), 300, "faces", "0.95")
        ),
        Relative("flips at the threshold", 1.0, "JPEG 95", 0.1, 100, "faces").of_counts(60, 10, 300),
        Relative("mean score change", 1.0, "JPEG 95", 0.0, 100, "faces").of_means([0.02] * 300, [0.01] * 300),
    ],
    ids=lambda each: each.what,
)
def test_what_gates_write_is_understood(made):
    assert made.missed
    assert 0.05 < shrink_needed(made) < ROOM


@pytest.mark.parametrize("what", ["transposes in memory", "partitions of the delegate"])
def test_what_kernels_do_is_no_matter_of_accuracy(what):
    kernels = Requirement(what, "≤ 3", "5", False)
    assert shrink_needed(kernels) is None
    assert goal_of([kernels, FORMS[0][0]], KINDS) is None


def test_words_choose_the_kind_of_drift():
    landmarks = missed("mean landmark error of face size", "≤ 1 %", "2 %", (1.9, 2.1))
    goal = goal_of([requirement for requirement, _ in FORMS[:3]] + [landmarks, FORMS[5][0]], KINDS)
    assert set(goal) == {"scores", "landmarks", OUTPUTS}
    assert goal["scores"] == pytest.approx(min(share for _, share in FORMS[:3]) * ROOM)


def test_what_is_met_or_not_shown_needs_nothing():
    met = Requirement("mean score change", "≤ 0.0077", "0.0070", True, None, 300, "faces", (0.006, 0.008))
    unsure = Requirement("mean score change", "≤ 0.0077", "0.0090", False, "use more", 30, "faces", (0.006, 0.012))
    assert goal_of([met, unsure], KINDS) is None


def test_a_goal_tightens_from_what_was_achieved():
    assert tightened({"scores": 0.7, "landmarks": 0.5}, {"scores": 0.8}) == {"scores": pytest.approx(0.56)}
