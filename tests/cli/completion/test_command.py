from __future__ import annotations

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(edgeface_cli, shell):
    ended = edgeface_cli("completion", shell)
    assert ended.code == 0
    assert f"_EDGEFACE_COMPLETE={shell}" in ended.out
    assert edgeface_cli("completion", shell, "--json").document == {"shell": shell, "script": ended.out}


def test_a_shell_without_a_script_is_refused_with_those_that_have_one(edgeface_cli):
    ended = edgeface_cli("completion", "tcsh")
    assert ended.code == 2
    assert "no completion for 'tcsh'" in ended.err
    assert "bash, zsh, fish" in ended.err


def test_a_question_is_answered_instead_of_running_anything(edgeface_cli, monkeypatch):
    monkeypatch.setenv("_EDGEFACE_COMPLETE", "zsh")
    ended = edgeface_cli("completion", "z")
    assert (ended.code, ended.out, ended.err) == (0, "only\nzsh\n", "")
