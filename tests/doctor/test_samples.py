from pathlib import Path

from edgeface.doctor.checks import samples
from edgeface.samples import Sample


def test_the_package_s_samples_are_complete():
    found = samples.look()
    assert [check.state for check in found] == ["ok"] * 4
    assert {Path(check.name).suffix for check in found} == {".safetensors", ".jpg"}


def test_other_weights_are_a_problem_with_a_fix(monkeypatch):
    monkeypatch.setattr(samples, "SAMPLES", {"mobilefacenet": Sample("mobilefacenet", "y1", "0" * 64)})
    (check, *_) = samples.look()
    assert check.state == "problem"
    assert "pip install" in check.fix


def test_missing_weights_are_missing(monkeypatch):
    monkeypatch.setattr(samples, "SAMPLES", {"retinanet": Sample("retinanet", "a", "0" * 64)})
    (check, *_) = samples.look()
    assert check.state == "missing"
    assert "retinanet.safetensors" in check.found
