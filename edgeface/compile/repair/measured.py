"""What a trial of a candidate measured."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field


class Measured(BaseModel):
    """A candidate's drift from the reference, and its predicted time; nothing of one that cannot be built or run.

    Attributes:
        drift: by kind, the most telling first; see `edgeface.tasks.drift.Drift.size`. Kinds of which the images show
            nothing are left out.
        us: predicted microseconds of one inference; see `edgeface.compile.repair.prices`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    drift: dict[str, float] = Field(max_length=16)
    us: float = Field(ge=0)

    def relative_to(self, start: Measured) -> dict[str, float]:
        """How small each kind of drift is, relative to that of a start."""
        return {kind: size / start.drift[kind] for kind, size in self.drift.items() if start.drift.get(kind, 0.0) > 0}

    def gains_over(self, start: Measured) -> dict[str, float]:
        """The share of a start's variance that is gone, by kind; variances of independent noise add, drifts do not."""
        return {kind: 1.0 - share * share for kind, share in self.relative_to(start).items()}

    def reaches(self, goal: Mapping[str, float], start: Measured) -> bool:
        """Whether every kind of drift shrank as much as a goal says; a kind that was not measured counts as reached."""
        relative = self.relative_to(start)
        return not self.failed and all(relative.get(kind, 0.0) <= share for kind, share in goal.items())

    def exceeds(self, goal: Mapping[str, float], start: Measured) -> float:
        """How many times a goal the drift is, of the kind that is farthest from it; 1 where nothing is measured."""
        relative = self.relative_to(start)
        return max(
            (relative[kind] / share for kind, share in goal.items() if kind in relative and share > 0), default=1.0
        )

    @property
    def failed(self) -> bool:
        """Whether the candidate could not be built or run."""
        return not self.drift
