"""What no file may exceed, whatever its format."""

from __future__ import annotations

MAX_OPERATORS = 5_000
"""More are refused: face networks have hundreds, and not all of the counting is linear."""
