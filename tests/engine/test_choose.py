"""Engines by name."""

from __future__ import annotations

import pytest

from edgeface.engine.choose import choose_engine
from edgeface.engine.local import Local, usable_cores
from edgeface.engine.ray_engine import Ray
from edgeface.errors import InputError


@pytest.mark.parametrize(
    ("text", "jobs", "engine"),
    [
        ("local", None, Local(usable_cores())),
        ("local", 3, Local(3)),
        ("local://4", None, Local(4)),
        ("local://4", 4, Local(4)),
        ("ray", None, Ray()),
        ("ray", 2, Ray(most=2)),
        ("ray://10.0.0.1:10001", None, Ray("ray://10.0.0.1:10001")),
    ],
)
def test_an_engine_is_known_by_its_name(text, jobs, engine):
    assert choose_engine(text, jobs) == engine


@pytest.mark.parametrize("text", ["", "dask", "local://", "local://0", "local://-1", "local://two", "ray://", "Ray"])
def test_what_is_no_engine_is_refused_with_those_that_are(text):
    with pytest.raises(InputError, match="is no engine") as caught:
        choose_engine(text)
    assert "local://PROCESSES, ray or ray://HOST:PORT" in str(caught.value.fix)


@pytest.mark.parametrize("jobs", [0, -1])
def test_at_least_one_process_is_required(jobs):
    for make in (lambda: choose_engine("local", jobs), lambda: choose_engine("ray", jobs), lambda: Local(jobs)):
        with pytest.raises(InputError, match="not a number of processes"):
            make()


def test_two_numbers_of_processes_contradict_each_other():
    with pytest.raises(InputError, match="contradicts"):
        choose_engine("local://2", 3)
