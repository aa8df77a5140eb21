"""How near a candidate is to the fp32 reference, over images: tensors and decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from edgeface.core.certificate import Comparison, Evidence, TensorFigures
from edgeface.core.requirement import Requirement
from edgeface.tasks.task import Agreement, Task, View
from edgeface.validate.side_by_side import Outputs
from edgeface.validate.tensors import TensorAgreement, compare_tensors

Watch: TypeAlias = Callable[[View, Any, Any, Agreement | None], None]
"""Looks on: an image as it was shown, what the reference and the candidate decide, and how well they agree."""


@dataclass(frozen=True)
class Findings:
    """What a comparison found. `decisions` is None where the images are synthetic and decisions mean nothing."""

    tensors: dict[str, TensorAgreement]
    decisions: Agreement | None
    images: int
    kind: Evidence
    requirements: list[Requirement] = field(default_factory=list)
    further: dict[str, Any] = field(default_factory=dict)
    """What was measured of decisions besides, on images of its own; stands among the certificate's `decisions`."""

    @property
    def passed(self) -> bool:
        """Whether every requirement is met."""
        return all(requirement.met for requirement in self.requirements)

    def requiring(self, *requirements: Requirement) -> Findings:
        """The same findings with further requirements."""
        return replace(self, requirements=[*self.requirements, *requirements])

    def comparison(self) -> Comparison:
        """As it stands in certificates and in JSON."""
        decisions = None if self.decisions is None else self.decisions.as_dict()
        if self.further:
            decisions = {**(decisions or {}), **self.further}
        return Comparison(
            passed=self.passed,
            images=self.images,
            kind=self.kind,
            tensors={name: TensorFigures(**found.as_dict()) for name, found in self.tensors.items()},
            decisions=decisions,
            requirements=tuple(self.requirements),
        )


@dataclass(frozen=True)
class Look:
    """One image with what reference and candidate make of it; what they decide is None where images are synthetic."""

    view: View
    wanted: Outputs
    got: Outputs
    decided: Any = None
    decided_by_candidate: Any = None


class Comparer:
    """Adds up one candidate's agreement with the reference, image by image.

    Args:
        task: decides how decisions agree.
        kind: what the images are; with synthetic ones decisions are not compared.
        watch: called with each image in turn; its last three arguments are None where decisions are not compared.
    """

    def __init__(self, task: Task, kind: Evidence, watch: Watch | None = None) -> None:
        self._task = task
        self._kind: Evidence = kind
        self._watch = watch
        self._tensors: dict[str, TensorAgreement] = {}
        self._agreement: Agreement | None = None
        self._images = 0

    def see(self, look: Look) -> None:
        """Add an image."""
        for name, array in look.wanted.items():
            self._tensors[name] = self._tensors.get(name, TensorAgreement()) + compare_tensors(array, look.got[name])
        agreed = None
        if self._kind != "synthetic":
            agreed = self._task.agree(look.decided, look.decided_by_candidate)
            self._agreement = agreed if self._agreement is None else self._agreement + agreed
        if self._watch is not None:
            self._watch(look.view, look.decided, look.decided_by_candidate, agreed)
        self._images += 1

    def findings(self) -> Findings:
        """The agreement over all images so far, not yet judged."""
        return Findings(dict(self._tensors), self._agreement, self._images, self._kind)
