from __future__ import annotations

import json

import idioms
import pytest

GROUPS = ("a*", "[b-f]*", "[g-m]*", "net*", "[o-q]*", "nodes*,[r-z]*")


@pytest.mark.real_data
@pytest.mark.parametrize("group", GROUPS)
def test_idioms_are_equal_in_onnx_and_tflite_or_refused_as_they_must(group, shared_data, monkeypatch):
    monkeypatch.setattr(idioms, "IDIOMS", shared_data / "onnx_idioms")
    for name, case in idioms.cases(group).items():
        found = idioms.outcome(name, case, integers=False)
        wanted = "refused" if case["must"] == "refuse" else "equal"
        assert found.verdict == wanted, f"{name}: {found.verdict}, {found.said}"


@pytest.mark.real_data
def test_every_idiom_is_in_a_group(shared_data, monkeypatch):
    monkeypatch.setattr(idioms, "IDIOMS", shared_data / "onnx_idioms")
    known = json.loads((idioms.IDIOMS / "cases.json").read_text(encoding="utf-8"))
    assert sum(len(idioms.cases(group)) for group in GROUPS) == len(known)
