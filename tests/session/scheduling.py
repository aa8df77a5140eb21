"""Which tests run where: a file's tests stay with one worker, and what takes long comes first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

APART = ("tests/test_readme.py", "tests/devices/test_real_models.py")
"""Files whose tests take minutes together and share little, so that each goes to the next free worker."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """As `--dist loadfile`, but for the files of `APART`, and in the order of collection."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        """Schedule by `slow_first`, not by how many tests a file has."""
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return nodeid if file in APART else file


def slow_first(items: Iterable[pytest.Item], marks: Iterable[str]) -> list[pytest.Item]:
    """Tests in their order, but those of files that hold one with any of these marks before all others."""
    found = list(items)
    slow = {item.path for item in found for mark in marks if item.get_closest_marker(mark)}
    return sorted(found, key=lambda item: item.path not in slow)
