"""Results of checks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "missing", "problem"]


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: the checked item.
        state: "ok", "missing", or "problem" for something that exists but cannot be used.
        found: what was found, and what that means.
        fix: the command that fixes it; None where nothing needs fixing, or no command can. JSON calls it "mend".
        required: whether edgeface's main functions need it.
    """

    name: str
    state: State
    found: str
    fix: str | None = None
    required: bool = False


@dataclass(frozen=True)
class Group:
    """Checks that belong together."""

    title: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Diagnosis:
    """The results of all checks."""

    groups: tuple[Group, ...]

    @property
    def lacking(self) -> tuple[Check, ...]:
        """Checks of required items that are missing or cannot be used."""
        return tuple(check for group in self.groups for check in group.checks if check.required and check.state != "ok")

    def as_dict(self) -> dict[str, Any]:
        """For JSON: `usable` says whether nothing required is lacking."""
        return {"usable": not self.lacking, **asdict(self, dict_factory=_document)}


def _document(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object of dataclass fields; `fix` keeps its public key "mend"."""
    return {"mend" if name == "fix" else name: value for name, value in items}
