"""Which tests run where: a file's tests stay with one worker, and what takes long comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

APART = ("tests/docs/test_blocks.py",)
"""Files whose tests take minutes together and share little, so that each goes to the next free worker."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """As `--dist loadfile`, but for the files of `APART`, and in the order of collection."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        """Schedule by `slow_first`, not by how many tests a file has."""
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """The tests that one worker runs together: a file's, or a single one of a file of `APART`."""
    file = nodeid.split("::", 1)[0]
    return nodeid if file in APART else file


def slow_first(items: Sequence[pytest.Item], is_slow: Callable[[pytest.Item], object]) -> list[pytest.Item]:
    """Tests in their order, but those of files that hold a slow one before all others."""
    slow = {item.path for item in items if is_slow(item)}
    return sorted(items, key=lambda item: item.path not in slow)
