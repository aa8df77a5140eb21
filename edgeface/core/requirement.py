"""One requirement of a gate, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Requirement:
    """A requirement, what was measured, and whether it is met.

    Attributes:
        what: the requirement.
        limit: its limit.
        measured: what was measured.
        met: whether the measurement shows that the limit is kept.
        unsure: what would show it, where the evidence decides neither way; then `met` is False.
        n: how many cases the measurement rests on; None where it is no sample, e.g. a count of operators.
        of: the cases, e.g. "faces".
        interval: the ends of the figure's 95 % interval, in the unit of `limit`; None where it has none.
        beyond: whether the figure does not keep the limit, though chance may be why, on cases that are enough to judge.
    """

    what: str
    limit: str
    measured: str
    met: bool
    unsure: str | None = None
    n: int | None = None
    of: str | None = None
    interval: tuple[float, float] | None = None
    beyond: bool = False

    @property
    def missed(self) -> bool:
        """Whether the limit is shown to be exceeded; a gate then refuses."""
        return not self.met and self.unsure is None
