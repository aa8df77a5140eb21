"""What the runner says when something is not usable."""

from __future__ import annotations

from edgeface.errors import EdgefaceError


class RunnerError(EdgefaceError):
    """A file, image or runtime is not usable.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: the file concerned.
        fix: what can be done about it.
    """

    def __init__(self, what: str, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what, where=where, fix=fix)


class Refused(RunnerError):  # noqa: N818  # what happened to the bundle, not what went wrong
    """The bundle was read, and is not the one that was packed."""

    exit_code = 1
