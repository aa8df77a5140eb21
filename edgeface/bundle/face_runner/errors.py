"""What the runner says when something is not usable."""

from __future__ import annotations


class RunnerError(Exception):
    """A file, picture or runtime is not usable.

    Args:
        what: what is wrong, one sentence without a full stop.
        where: the file concerned.
        fix: what can be done about it.
    """

    exit_code = 2

    def __init__(self, what: str, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        """The three parts, each on a line of its own."""
        parts = [self.what]
        parts += [f"  where: {self.where}"] if self.where else []
        parts += [f"  fix:   {self.fix}"] if self.fix else []
        return "\n".join(parts)


class Refused(RunnerError):  # noqa: N818  # what happened to the bundle, not what went wrong
    """The bundle was read, and is not the one that was packed."""

    exit_code = 1
