"""Capture what native code writes to stderr while a model loads."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STDERR = 2
_HELD = threading.RLock()
"""The process has one stderr, so threads that load models at the same time take turns."""
_NOISE = ("INFO:", "VERBOSE:")


@contextmanager
def native_log_held() -> Iterator[list[str]]:
    """Capture lines that native code writes to file descriptor 2 inside the block.

    Yields:
        A list, filled at the end of the block with the lines that are not informational. If the
        block succeeds they are also written to stderr; if it raises, the error should carry them.
    """
    with _HELD:
        yield from _held()


def _held() -> Iterator[list[str]]:
    lines: list[str] = []
    try:
        saved = os.dup(_STDERR)
    except OSError:  # the process has no stderr: nothing to capture
        yield lines
        return
    with tempfile.TemporaryFile() as held:
        _flush()
        os.dup2(held.fileno(), _STDERR)
        succeeded = False
        try:
            yield lines
            succeeded = True
        finally:
            _flush()
            os.dup2(saved, _STDERR)
            os.close(saved)
            held.seek(0)
            text = held.read().decode("utf-8", "replace").splitlines()
            lines += [line for line in text if line.strip() and not line.startswith(_NOISE)]
            if succeeded and lines:
                os.write(_STDERR, ("\n".join(lines) + "\n").encode())


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
