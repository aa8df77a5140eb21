"""Which artifact is the fastest, on samples that are made here."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.bench.fastest import SAME, fastest, sentence


def samples(ms, noise=0.0, rounds=15, seed=0):
    """Rounds of three runs around some milliseconds."""
    rng = np.random.default_rng(seed)
    return [[float(ms * (1 + noise * value)) for value in rng.normal(size=3)] for _ in range(rounds)]


def passed(*labels):
    return dict.fromkeys(labels, "passed")


def test_the_fastest_is_named_with_how_much_longer_the_others_take():
    found = fastest({"a": samples(2.0), "b": samples(1.0), "c": samples(4.0)}, passed("a", "b", "c"))
    assert (found.label, found.gate) == ("b", "passed")
    assert [(each.label, round(each.ratio, 6), each.differs) for each in found.others] == [
        ("a", 2, True),
        ("c", 4, True),
    ]
    said = sentence(found, "this processor")
    assert said.startswith("fastest on this processor, 1 thread: b; slower: a 2.00 × [2.00, 2.00], c 4.00 ×")


@pytest.mark.parametrize(
    ("times", "noise", "differs"), [(1.0, 0, False), (1.015, 0, False), (1.1, 0, True), (1.1, 0.5, False)]
)
def test_a_difference_within_the_noise_is_none(times, noise, differs):
    found = fastest({"a": samples(1.0, noise), "b": samples(times, noise, seed=1)}, passed("a", "b"))
    assert found.others[0].differs is differs
    assert ("no difference measured to" in sentence(found, "here")) is not differs


def test_what_is_refused_or_not_judged_is_never_the_fastest_beside_one_that_passed():
    gates = {"a": "passed", "b": "refused", "c": "no certificate"}
    found = fastest({"a": samples(3.0), "b": samples(1.0), "c": samples(2.0)}, gates)
    assert found.label == "a"
    said = sentence(found, "here")
    assert "faster, but not to ship as it is: b 0.33 × [0.33, 0.33] (refused by its gate), c 0.67 ×" in said
    assert "(no certificate: not judged)" in said


def test_where_none_passed_the_fastest_is_marked():
    found = fastest({"a": samples(1.0), "b": samples(2.0)}, dict.fromkeys("ab", "no certificate"))
    assert (found.label, found.gate) == ("a", "no certificate")
    assert "though no certificate here says that its artifact still works" in sentence(found, "here")


def test_the_setting_is_said():
    found = fastest({"a": samples(1.0), "b": samples(2.0)}, passed("a", "b"), threads=2, batch=8)
    assert "2 threads, batch 8: a" in sentence(found, "here")
    assert SAME > 1
