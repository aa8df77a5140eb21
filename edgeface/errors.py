"""The errors that edgeface raises on purpose, as a tree.

EdgefaceError            anything that a user can fix; the CLI prints it and exits 2
├── InputError           a file, folder, option or image is not usable
│   ├── CheckpointError  weights that do not fit the network (keys, shapes, format)
│   └── WriteError       a file or folder cannot be written completely
├── ContractError        the checkpoint's contract is unknown, uncertain or contradicted
├── GraphError           an invalid graph, or an op that the reader or a target does not support
├── RuntimeFailure       a runtime rejected an artifact or failed to run it
└── GateError            an artifact was built and validated, but is not good enough (exit 1)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class EdgefaceError(Exception):
    """An error that says what is wrong, where, and how to fix it.

    Args:
        what: what is wrong: one sentence without a period.
        where: the file, node or tensor concerned.
        fix: what the user can do about it.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        """The three parts, one per line."""
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.fix:
            lines.append(f"  fix:   {self.fix}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` document shows it."""
        return {"error": type(self).__name__, "what": self.what, "where": self.where, "fix": self.fix}


class InputError(EdgefaceError):
    """A file, folder, option or image is not usable."""


class CheckpointError(InputError):
    """Weights do not fit the network: keys, shapes or format."""


class WriteError(InputError):
    """A file or folder cannot be written completely; what was there stays."""


class ContractError(EdgefaceError):
    """The checkpoint's contract is unknown, uncertain or contradicted by evidence."""


class GraphError(EdgefaceError):
    """The graph is invalid, or an op cannot be read or lowered."""


class RuntimeFailure(EdgefaceError):  # noqa: N818  # RuntimeError is taken
    """A runtime rejected an artifact, or failed to run it."""


class GateError(EdgefaceError):
    """An artifact was built and validated, but is not good enough.

    Args:
        what, where, fix: as of every error.
        repair: what was tried so that it would be (an `edgeface.core.repair_record.RepairRecord`), if anything was.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None, repair: Any = None) -> None:
        super().__init__(what, where=where, fix=fix)
        self.repair = repair

    def as_dict(self) -> dict[str, Any]:
        """The error as the `--json` document shows it, with what was tried."""
        tried = {} if self.repair is None else {"repair": self.repair.model_dump(mode="json")}
        return {**super().as_dict(), **tried}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The start of a fix for an unknown name: "did you mean X? " with the closest known one, "" if none is close."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"did you mean {near[0]}? " if near else ""
