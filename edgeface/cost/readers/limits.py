"""Limits for files of any format."""

from __future__ import annotations

MAX_OPERATORS = 5_000
"""Maximum number of operators: face networks have hundreds, and not all of the counting is linear."""

MAX_TENSORS = 10 * MAX_OPERATORS
"""Maximum number of tensors of a file that lists them on their own: each takes time even if no operator reads it."""
