"""Run the command line in this process, or in one of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from outcome import Outcome

from edgeface.cli import main
from edgeface.core import progress


@pytest.fixture
def edgeface_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run `edgeface ARGUMENTS…` and say how it ended."""

    def run(*arguments: object) -> Outcome:
        try:
            with pytest.raises(SystemExit) as ended:
                main([str(argument) for argument in arguments])
        finally:
            progress.show(False)
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, captured.out, captured.err)

    return run


@pytest.fixture
def replace_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Make `edgeface models` do something else."""

    def replace(action: Callable[[], object]) -> None:
        monkeypatch.setattr("edgeface.models.families", action)

    return replace
