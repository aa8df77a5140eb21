from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from edgeface.devices.count import count_models
from edgeface.devices.fitted import fitted_ms, latency_of
from edgeface.devices.runner import Loading
from edgeface.errors import RuntimeFailure

pytestmark = pytest.mark.usefixtures("emulator")
GRAPH = """7767517
3 3
Input in 0 1 in 0=24 1=16 2=8
Convolution conv 1 1 in conv 0=16 1=3 4=1 5=1 6=1152 9=1
Pooling pool 1 1 conv pool 0=1 4=1
"""


@pytest.fixture
def another_machine(emulator, monkeypatch, tmp_path):
    """Surroundings as another machine has: paths, variables, the folder of the emulator, one processor."""

    def move() -> Path:
        folder = tmp_path / "a folder with quite a long name" / "below the home of somebody else"
        (folder / "arm").mkdir(parents=True)
        shutil.copytree(emulator.folder, folder / "arm" / emulator.folder.name, copy_function=os.link, symlinks=True)
        for name in ("HOME", "TMPDIR", "EDGEFACE_CACHE"):
            monkeypatch.setenv(name, str(folder))
        monkeypatch.setenv("SOMETHING", "x" * 4321)
        monkeypatch.chdir(folder)
        return folder

    allowed = os.sched_getaffinity(0)
    yield move
    os.sched_setaffinity(0, allowed)


def test_counts_distinguish_kernels_and_are_the_same_on_another_machine(built, another_machine):
    models = [built["integer"].model_path, built["float"].model_path]
    integer, floats = here = count_models(models)
    assert 0 < integer.vector < integer.instructions
    assert integer.l2_misses <= integer.l1_misses < floats.l1_misses
    assert integer.integer_products > integer.float_products
    assert floats.float_products > floats.integer_products
    assert floats.vector > floats.float_products
    assert floats.accesses > floats.reads > floats.writes > 0
    assert 0 < floats.l2_reads < floats.l2_misses
    moved = [shutil.copy(model, another_machine() / "m.tflite") for model in models[:1]]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    (there,) = count_models([Path(model) for model in moved])
    latency = latency_of("rk3399", "a72")
    assert fitted_ms(there, latency) == pytest.approx(fitted_ms(here[0], latency), rel=5e-4)
    assert there.instructions == pytest.approx(here[0].instructions, rel=1e-4)


def test_a_convolution_counts_as_many_products_as_it_has(tmp_path):
    model = tmp_path / "m.param"
    model.write_text(GRAPH)
    loading = Loading("ncnn", weightless=True, options=(("use_winograd_convolution", False),))
    (found,) = count_models([model], "a53", loading)
    wanted = 16 * 24 * 8 * 16 * 9 / 4
    assert wanted <= found.float_products < 1.2 * wanted
    assert found.integer_products == 0


def test_a_missing_compiler_is_named(built, emulator, monkeypatch, tmp_path):
    empty = type(emulator)(tmp_path / "arm" / emulator.folder.name)
    empty.folder.mkdir(parents=True)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr("edgeface.devices.count.installed", lambda: empty)
    with pytest.raises(RuntimeFailure, match="C compiler"):
        count_models([built["integer"].model_path])
