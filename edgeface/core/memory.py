"""Give freed memory back to the system."""

from __future__ import annotations

import ctypes
from functools import cache


def release_memory() -> None:
    """Give memory that was freed back to the system, where the C library can: glibc keeps it for each thread otherwise.

    Worth a call between the phases of a long job whose threads held large arrays; it takes milliseconds.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> ctypes._NamedFuncPointer | None:
    """Glibc's malloc_trim; None with another C library."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
