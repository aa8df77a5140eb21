"""The choice among effects: as good as looking at every set, never overlapping, and bounded."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from edgeface.compile.repair.select import Effect, in_sets_of_growing_gain, least_time, most_gain


def effects(seed, count=9):
    """Effects of two kinds of drift; every third is a part of the one before, some save time and some do harm."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        part = number % 3 == 2
        members = frozenset({number - 1} if part else {number, number + 100})
        gains = {"scores": float(rng.uniform(-0.05, 0.4)), "landmarks": float(rng.uniform(-0.05, 0.4))}
        found.append(Effect(f"g{number}", frozenset(map(str, members)), gains, float(rng.uniform(-20, 200))))
    return found


def every_set(all_effects):
    """Every set without overlaps."""
    for size in range(len(all_effects) + 1):
        for chosen in combinations(all_effects, size):
            if all(a.members.isdisjoint(b.members) for a, b in combinations(chosen, 2)):
                yield chosen


def time_of(chosen):
    return sum(each.added_us for each in chosen)


def gain_of(chosen, kind):
    return sum(each.gains[kind] for each in chosen)


@pytest.mark.parametrize("seed", range(8))
def test_the_least_time_is_that_of_the_best_set(seed):
    all_effects, needed = effects(seed), {"scores": 0.45, "landmarks": 0.2}
    enough = [c for c in every_set(all_effects) if all(gain_of(c, kind) >= share for kind, share in needed.items())]
    found = least_time(all_effects, needed)
    if not enough:
        assert found is None
    else:
        assert time_of(found) == pytest.approx(min(map(time_of, enough)))
        assert all(gain_of(found, kind) >= share for kind, share in needed.items())


@pytest.mark.parametrize("seed", range(8))
def test_the_most_gain_within_a_time_is_that_of_the_best_set(seed):
    all_effects = [each for each in effects(seed) if each.gains["scores"] > 0]
    within = [chosen for chosen in every_set(all_effects) if time_of(chosen) <= 150]
    found = most_gain(all_effects, "scores", 150.0)
    assert time_of(found) <= 150
    assert gain_of(found, "scores") == pytest.approx(max(gain_of(chosen, "scores") for chosen in within))


def test_what_no_set_reaches_is_said():
    assert least_time(effects(0), {"scores": 9.0}) is None


def test_nothing_is_chosen_where_nothing_is_needed_or_affordable():
    costly = [Effect("g", frozenset("a"), {"scores": 0.5}, 10.0)]
    assert least_time(costly, {}) == ()
    assert most_gain(costly, "scores", 9.0) == ()


def test_many_effects_are_bounded_and_still_reach_the_goal():
    many = [Effect(f"g{i:03}", frozenset({str(i)}), {"scores": 0.01 + i % 7 / 1e4}, 10.0 + i % 11) for i in range(200)]
    found = least_time(many, {"scores": 0.5})
    assert gain_of(found, "scores") >= 0.5
    assert time_of(found) <= 1.1 * 50 * 11  # about fifty of the cheapest


def test_the_choice_does_not_depend_on_the_order():
    one, other = effects(3), list(reversed(effects(3)))
    wanted = {"scores": 0.4}
    assert {e.name for e in least_time(one, wanted)} == {e.name for e in least_time(other, wanted)}


def test_sets_of_growing_gain_add_the_cheapest_gain_first():
    sets = in_sets_of_growing_gain(effects(1), "scores")
    assert sets[0] == ()
    assert all(gain_of(a, "scores") < gain_of(b, "scores") for a, b in pairwise(sets))
    names = [{each.name for each in chosen} for chosen in sets]
    assert all(a < b for a, b in pairwise(names))
