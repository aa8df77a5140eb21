"""Counts that are remembered, so that nothing needs to be emulated."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from edgeface.devices.count import Counts
from edgeface.prediction.counted import entry_of
from edgeface.prediction.runtimes import RUNTIMES

SMALL = Counts(
    instructions=3_000_000,
    vector=1_000_000,
    l1_misses=40_000,
    l2_misses=10_000,
    vector_memory=500_000,
    float_products=800_000,
    accesses=900_000,
    reads=700_000,
)


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache that has neither counts nor an emulator."""
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def remember(empty_cache):
    """Remember counts of a model, as if it had been counted: `remember(model, counts, runtime, core)`."""

    def write(model, counts=SMALL, runtime="litert", core="a72"):
        (found,) = [each for each in RUNTIMES if each.name == runtime]
        entry = entry_of(model, core, found)
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text(json.dumps({"counts": asdict(counts)}))
        return entry

    return write


@pytest.fixture
def small_counts():
    return SMALL
