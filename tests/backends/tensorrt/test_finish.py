"""What a finish makes of engines: staged, and where one runs here, judged as their ONNX was."""

from __future__ import annotations

import pytest

from edgeface.backends import target
from edgeface.backends.finish import Finishing
from edgeface.backends.onnx.as_typed import open_as_typed
from edgeface.backends.tensorrt import finish
from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.backends.tensorrt.request import BatchProfile
from edgeface.core.requirement import Requirement


class OnProcessor:
    """An engine's runner whose numbers are those of the ONNX that it is built from."""

    origin = "a processor that stands in for a GPU"

    def __init__(self, model) -> None:
        self.runner = open_as_typed(model)
        self.inputs, self.outputs = self.runner.inputs, self.runner.outputs
        self.closed = False

    def run(self, feeds):
        return self.runner.run(feeds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True


@pytest.fixture
def given(typed, tmp_path, normal):
    """What a finish is given for a target, and what its judge was shown: by target's name."""

    def make(name):
        shown = {}

        def judge(runner, what):
            shown[what] = runner.run({"input": normal(1, 3, 64, 96)})
            return [Requirement("minimum output SNR", "≥ 40 dB", "50.0 dB", True)], {"images": 1}

        (tmp_path / "model.onnx").write_bytes(typed[name])
        options = EngineOptions(("86",))
        files = {"model.onnx": typed[name]}
        emit = lambda other: {"model.onnx": typed[other]}  # noqa: E731
        return Finishing(name, files, tmp_path, options, judge, emit), shown

    return make


@pytest.mark.slow
def test_an_engine_that_cannot_run_here_is_staged_but_not_validated(given, ahead_of_time, monkeypatch):
    monkeypatch.setattr(finish, "engine_here", lambda _: None)
    finishing, shown = given("tensorrt-fp16")
    found = target("tensorrt-fp16").finish.build(finishing)
    assert shown == {}
    assert "on_gpu" not in found.certificate
    assert found.manifest["compute_capabilities"] == ["86"]
    assert {path.name for path in finishing.folder.iterdir()} >= {"engines.json", "model.sm86.engine"}


@pytest.mark.slow
def test_an_engine_that_runs_here_is_validated_like_its_onnx(given, ahead_of_time, monkeypatch):
    finishing, shown = given("tensorrt-fp16")
    runner = OnProcessor(finishing.folder / "model.onnx")
    monkeypatch.setattr(finish, "engine_here", lambda _: runner)
    found = target("tensorrt-fp16").finish.build(finishing)
    assert set(shown["tensorrt-fp16 on the GPU"]) == {"boxes", "scores", "landmarks"}
    assert [requirement.what for requirement in found.requirements][-1] == "minimum output SNR, on the GPU"
    assert (found.certificate["run"], found.certificate["on_gpu"]) == (runner.origin, {"images": 1})
    assert runner.closed


def test_int8_is_also_timed_against_the_fp16_model_of_the_same_network(given, ahead_of_time, typed, monkeypatch):
    finishing, _ = given("tensorrt-int8")
    runner = OnProcessor(finishing.folder / "model.onnx")
    timed = []

    def judge_speed(ours, other, name, options):
        timed.append((ours, other == typed["tensorrt-fp16"], name, options))
        return Requirement("latency of int8 / fp16 on the GPU here", "≤ 1, or --allow-slower", "1.20", False)

    monkeypatch.setattr(finish, "engine_here", lambda _: runner)
    monkeypatch.setattr(finish, "judge_speed", judge_speed)
    found = target("tensorrt-int8").finish.build(finishing)
    assert timed == [(runner, True, "tensorrt-fp16", finishing.options)]
    assert [requirement.met for requirement in found.requirements][-2:] == [True, False]


def test_options_are_written_as_command_line_arguments():
    words = target("tensorrt-fp32").finish.words
    assert list(words(EngineOptions())) == []
    given = EngineOptions(("86", "89"), BatchProfile(1, 8, 64), allow_slower=True)
    assert list(words(given)) == ["--compute-capability", "86,89", "--batch", "1,8,64", "--allow-slower"]
