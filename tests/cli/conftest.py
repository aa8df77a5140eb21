"""Run the command line in this process, or in one of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from in_process import command_line
from outcome import Outcome


@pytest.fixture
def edgeface_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run `edgeface ARGUMENTS…` and say how it ended."""
    return command_line(capsys)


@pytest.fixture
def replace_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Make `edgeface models` do something else."""

    def replace(action: Callable[[], object]) -> None:
        monkeypatch.setattr("edgeface.models.families", action)

    return replace
