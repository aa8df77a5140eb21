"""Output formats of checks for machines and reviewers, one per module, imported on use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from edgeface.budgets.check import Check

Write: TypeAlias = "Callable[[Sequence[Check]], str]"
"""Returns checks as one document, ending in a newline unless it is empty."""


def _from_module(name: str) -> Write:
    def write(checks: Sequence[Check]) -> str:
        text: str = import_module(f"{__name__}.{name}").write(checks)
        return text

    return write


FORMATS: dict[str, Write] = {name: _from_module(name) for name in ("junit", "github", "sarif", "markdown")}

__all__ = ["FORMATS"]
