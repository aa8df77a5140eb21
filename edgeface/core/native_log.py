"""Capture what native code writes to stderr while it loads a model or decodes an image."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from edgeface.core.visible import visible_lines

_STDERR = 2
_HELD = threading.RLock()
"""The process has one stderr, so threads that capture it at the same time take turns."""
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
"""With which ONNX Runtime marks its warnings, on a terminal or not."""
_NOISE = ("INFO:", "VERBOSE:")


@contextmanager
def native_log_held() -> Iterator[list[str]]:
    """Capture lines that native code writes to file descriptor 2 inside the block.

    Yields:
        A list, filled at the end of the block with the lines that are not informational. If the
        block succeeds they are also written to stderr; if it raises, the error should carry them.
    """
    lines: list[str] = []
    succeeded = False
    held = bytearray()
    try:
        with _captured(held):
            yield lines
            succeeded = True
    finally:
        text = _COLORS.sub("", held.decode("utf-8", "replace")).splitlines()
        lines += [line for line in text if line.strip() and not line.startswith(_NOISE)]
        if succeeded and lines:
            _write(visible_lines("\n".join(lines) + "\n").encode())


@contextmanager
def native_lines_taken(starts: tuple[str, ...]) -> Iterator[list[str]]:
    """Take the lines out of stderr that start with one of `starts`; what else is written in the block passes.

    Yields:
        A list, filled at the end of the block with these lines.
    """
    lines: list[str] = []
    held = bytearray()
    try:
        with _captured(held):
            yield lines
    finally:
        passed = b""
        for line in bytes(held).splitlines(keepends=True):
            text = line.decode("utf-8", "replace")
            if text.startswith(starts):
                lines.append(text.strip())
            else:
                passed += line
        if passed:
            _write(passed)


@contextmanager
def _captured(held: bytearray) -> Iterator[None]:
    """Fill `held` at the end of the block with what was written to stderr in it."""
    with _HELD:
        try:
            saved = os.dup(_STDERR)
        except OSError:  # the process has no stderr: nothing to capture
            yield
            return
        scratch = _Scratch.descriptor()
        start = os.lseek(scratch, 0, os.SEEK_CUR)  # more than 0 inside another block
        _flush()
        os.dup2(scratch, _STDERR)
        try:
            yield
        finally:
            _flush()
            os.dup2(saved, _STDERR)
            os.close(saved)
            written = os.lseek(scratch, 0, os.SEEK_CUR) - start
            if written:
                held += os.pread(scratch, written, start)
                os.ftruncate(scratch, start)
                os.lseek(scratch, start, os.SEEK_SET)


class _Scratch:
    """A file that no folder lists, in memory where the system has such; one for all captures of a process.

    To make one takes longer than to decode a small photograph.
    """

    process: int | None = None
    opened: int = -1

    @classmethod
    def descriptor(cls) -> int:
        """The file's descriptor; what it held was read."""
        if cls.process != os.getpid():  # a fork shares its parent's place in the file
            cls.process, cls.opened = os.getpid(), cls._open()
        return cls.opened

    @staticmethod
    def _open() -> int:
        if hasattr(os, "memfd_create"):
            return os.memfd_create("stderr")
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())


def _write(data: bytes) -> None:
    with suppress(OSError):
        os.write(_STDERR, data)


def _flush() -> None:
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
