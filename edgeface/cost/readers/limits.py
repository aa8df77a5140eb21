"""Limits for files of any format."""

from __future__ import annotations

MAX_OPERATORS = 5_000
"""Maximum number of operators: face networks have hundreds, and not all of the counting is linear."""
