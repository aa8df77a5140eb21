"""Where models are judged: on an emulated core if their target says so, and plainly not there if there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.target import EmitOptions
from edgeface.core.progress import show
from edgeface.devices.judging import open_judged
from edgeface.errors import InputError
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.ranges import RangeRule

TARGET = target("ncnn-int8")


@pytest.fixture
def model(make_graph, normal, observed, feeds, tmp_path):
    """Two convolutions in int8, of which the second makes an output of another rank than its blob."""
    rows = [(Conv(pads=(1, 1, 1, 1), activation="relu"), "x w", "a"), (Conv(), "a v", "y")]
    graph = make_graph({"x": (1, 8, 6, 5)}, rows, {"w": normal(8, 8, 3, 3), "v": normal(4, 8, 1, 1)})
    plan = build_plan(graph, observed(graph, feeds(1, 8, 6, 5), "histograms"), TARGET.scheme, RangeRule("minmax"))
    for name, content in TARGET.emit(graph, plan, EmitOptions()).items():
        (tmp_path / name).write_bytes(content)
    return tmp_path / TARGET.model_file


def test_a_target_that_names_no_core_is_judged_here(model):
    opened = open_judged(replace(TARGET, judged_on=None), model, 1)
    assert opened.facts == {}


def test_without_an_emulator_it_is_judged_here_and_says_so(model, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "empty"))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    show()
    try:
        opened = open_judged(TARGET, model, 1)
    finally:
        show(False)
    assert "no emulator is set up, and a72 computes other numbers" in opened.facts["judged_on"]
    assert "warning: ncnn-int8 is judged on this machine" in capsys.readouterr().err


def test_a_damaged_model_is_refused_before_anything_is_started(model):
    model.write_bytes(b"nothing")
    with pytest.raises(InputError):
        open_judged(TARGET, model, 1)


def test_the_core_has_this_machines_inputs_and_outputs_and_nearly_its_numbers_while_it_is_used(model, emulator, feeds):
    here, there = open_judged(replace(TARGET, judged_on=None), model, 1).runner, open_judged(TARGET, model, 1)
    assert there.facts["judged_on"].startswith("a72, emulated, ncnn ")
    assert (there.runner.inputs, there.runner.outputs) == (here.inputs, here.outputs)
    (feed,) = feeds(1, 8, 6, 5, count=1)
    found, near = there.runner.run(feed)["y"], here.run(feed)["y"]
    assert found.shape == near.shape == (1, 4, 6, 5)
    assert np.abs(found - near).max() <= 0.02 * np.abs(near).max()
    process = there.runner.link._process
    assert process.poll() is None
    del there
    assert process.poll() is not None  # the session ends with what ran in it
