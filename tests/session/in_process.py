"""The command line in the process of the tests, which has imported what each new one would import again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from outcome import Outcome

from edgeface.cli import main
from edgeface.core import progress


def command_line(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs `edgeface ARGUMENTS…` and says how it ended."""

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
