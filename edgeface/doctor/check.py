"""What a check finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "missing", "problem"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked for.

    Attributes:
        name: what was looked for.
        state: "ok"; "missing" where it is not there; "problem" where it is there and cannot be used.
        found: what was found, and what that means.
        mend: the command that mends it; None where nothing is to be mended, or no command can.
        required: whether edgeface cannot do its main work without it.
    """

    name: str
    state: State
    found: str
    mend: str | None = None
    required: bool = False


@dataclass(frozen=True)
class Group:
    """Checks that belong together."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Diagnosis:
    """Everything that was looked for."""

    groups: tuple[Group, ...]

    @property
    def lacking(self) -> tuple[Check, ...]:
        """Required things that are missing or cannot be used."""
        return tuple(check for group in self.groups for check in group.checks if check.required and check.state != "ok")

    def as_dict(self) -> dict[str, Any]:
        """For JSON: `usable` says whether nothing required is lacking."""
        return {"usable": not self.lacking, **asdict(self)}
