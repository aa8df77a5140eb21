"""Commands on real weights: in this process where what they import has no part in what is tested."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from in_process import command_line
from outcome import Outcome


@pytest.fixture
def edgeface_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run `edgeface ARGUMENTS…` and say how it ended."""
    return command_line(capsys)
