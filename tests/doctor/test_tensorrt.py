from __future__ import annotations

import pytest

from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu
from edgeface.doctor.checks import tensorrt

OK = {"state": "ok", "library": "TensorRT", "version": "10.9", "compute_capabilities": [], "has_gpu": True}
LACKING = {"problem": "no TensorRT is installed", "fix": "pip install it"}


def test_a_library_is_described_by_the_gpus_it_builds_for(monkeypatch):
    monkeypatch.setattr(tensorrt, "describe", lambda: OK)
    assert tensorrt.look()[0].found == "TensorRT 10.9 builds engines for the GPU here and runs them"
    ahead = OK | {"compute_capabilities": ["86", "89"], "has_gpu": False}
    monkeypatch.setattr(tensorrt, "describe", lambda: ahead)
    found = "TensorRT 10.9 builds engines for compute capabilities 86, 89; running them needs a GPU"
    assert tensorrt.look()[0].found == found


def test_a_gpu_that_no_engine_runs_on_is_named(monkeypatch):
    for digits, says in (("90", "none runs on the GPU here, of 9.0"), ("89", "and runs them")):
        gpu = Gpu("A card", digits, 1 << 30)
        monkeypatch.setattr(tensorrt, "look_for_gpus", lambda gpu=gpu: Driver((13, 0), (gpu,)))
        monkeypatch.setattr(tensorrt, "describe", lambda: OK | {"compute_capabilities": ["86", "89"]})
        assert says in tensorrt.look()[0].found


@pytest.mark.parametrize("state", ["missing", "problem"])
def test_an_unusable_library_is_reported_with_reason_and_fix(monkeypatch, state):
    monkeypatch.setattr(tensorrt, "describe", lambda: LACKING | {"state": state})
    (check,) = tensorrt.look()
    assert (check.state, check.fix, check.required) == (state, "pip install it", False)
    assert "no TensorRT is installed" in check.found
