"""The check of a minimum score that a caller gave."""

from __future__ import annotations

from numbers import Real

from edgeface.errors import InputError


def check_score(threshold: object) -> None:
    """Refuse a threshold that is neither None nor a number from 0 to 1.

    Raises:
        InputError: it is not.
    """
    if threshold is None:
        return
    if isinstance(threshold, bool) or not isinstance(threshold, Real) or not 0 <= float(threshold) <= 1:
        raise InputError(f"threshold {threshold!r} is not a score", fix="use a number from 0 to 1")
