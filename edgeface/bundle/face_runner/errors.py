"""Errors of the runner."""

from __future__ import annotations

from edgeface.errors import EdgefaceError


class RunnerError(EdgefaceError):
    """A file, image or runtime is not usable.

    Args:
        what: the error, one sentence without a period.
        where: the affected file.
        fix: how to fix it.
    """

    def __init__(self, what: str, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what, where=where, fix=fix)


class Refused(RunnerError):  # noqa: N818  # named after the bundle's state
    """The bundle was read, but is not the one that was packed."""

    exit_code = 1
