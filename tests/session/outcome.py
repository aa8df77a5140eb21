"""How a command of edgeface ended."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """Exit code, and what was printed to stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """What was printed to stdout on one line, whatever the width of the terminal."""
        return " ".join(self.out.split())

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)
