from __future__ import annotations

import shutil

import pytest

from edgeface.devices.count import Counts, count_models
from edgeface.errors import RuntimeFailure

pytestmark = pytest.mark.usefixtures("emulator")


def test_counts_repeat_and_distinguish_kernels(built):
    models = [built["integer"].model_path, built["float"].model_path]
    integer, floats = count_models(models)
    again, _ = count_models(models)
    # Where a sandbox forbids fixed addresses, caches see others from run to run.
    assert again.instructions == pytest.approx(integer.instructions, rel=1e-3)
    assert again.l1_misses == pytest.approx(integer.l1_misses, rel=0.05)
    assert 0 < integer.vector < integer.instructions
    assert 0 < floats.vector < floats.instructions
    assert integer.l2_misses <= integer.l1_misses < floats.l1_misses


def test_predicted_latency_grows_with_every_count():
    least = Counts(1_000_000, 500_000, 1_000, 100)
    assert least.predicted_ms == pytest.approx((0.75 * 5e5 + 1.55 * 5e5 + 6 * 900 + 14.5 * 100) / 1.8e6)
    assert Counts(1_000_000, 500_000, 2_000, 100).predicted_ms > least.predicted_ms


def test_a_missing_compiler_is_named(built, emulator, monkeypatch, tmp_path):
    empty = type(emulator)(tmp_path / "arm" / emulator.folder.name)
    empty.folder.mkdir(parents=True)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("edgeface.devices.count.installed", lambda: empty)
    with pytest.raises(RuntimeFailure, match="C compiler"):
        count_models([built["integer"].model_path])
