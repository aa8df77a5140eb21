from __future__ import annotations

import re

import pytest

from edgeface.doctor import Check, Diagnosis, Group


@pytest.fixture
def found(monkeypatch):
    """Replace what the machine has."""

    def replace(*checks):
        monkeypatch.setattr("edgeface.doctor.examine", lambda: Diagnosis((Group("Things", checks),)))

    return replace


def test_this_machine_can_run_edgeface(edgeface_cli):
    ended = edgeface_cli("doctor")
    assert ended.code == 0
    assert re.search(r"\nRuntimes\n(  ok  .*\n)*  ok  onnxruntime ", ended.out)


def test_json_is_one_document(edgeface_cli):
    document = edgeface_cli("doctor", "--json").document
    assert document["usable"] is True
    assert {"name", "state", "found", "mend", "required"} == set(document["groups"][0]["checks"][0])


def test_optional_items_are_shown_with_their_fix(edgeface_cli, found):
    found(Check("a", "missing", "not installed", "pip install a"), Check("bb", "ok", "1.0"))
    ended = edgeface_cli("doctor")
    assert ended.code == 0
    assert ended.out.splitlines()[:4] == [
        "Things",
        "  --  a   not installed",
        "          fix: pip install a",
        "  ok  bb  1.0",
    ]


def test_missing_required_items_exit_1_and_are_named(edgeface_cli, found):
    found(Check("numpy", "missing", "not installed", "pip install numpy", True))
    ended = edgeface_cli("doctor", "--json")
    assert ended.code == 1
    assert ended.document["usable"] is False
    assert "required: numpy: not installed" in ended.err
