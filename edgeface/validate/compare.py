"""Agreement of a candidate with the fp32 reference over images: tensors and decisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from edgeface.core.certificate import Comparison, Evidence, TensorFigures
from edgeface.core.requirement import Requirement
from edgeface.tasks.task import Agreement, Task, View
from edgeface.validate.noise import NoiseFloor
from edgeface.validate.side_by_side import Outputs
from edgeface.validate.tensors import TensorAgreement, compare_tensors

Watch: TypeAlias = Callable[[View, Any, Any, Agreement | None], None]
"""Callback for each image: the view, the decisions of reference and candidate, and how well they agree."""


@dataclass(frozen=True)
class Findings:
    """Results of a comparison. `decisions` is None for synthetic images, where decisions are meaningless."""

    tensors: dict[str, TensorAgreement]
    decisions: Agreement | None
    images: int
    kind: Evidence
    noise: NoiseFloor | None = None
    """What barely changed images do to the reference; None where it was not measured."""
    in_words: str | None = None
    """The decisions beside that noise, in a sentence."""
    requirements: list[Requirement] = field(default_factory=list)
    further: dict[str, Any] = field(default_factory=dict)
    """Further measurements of decisions, on their own images; part of the certificate's `decisions`."""

    @property
    def passed(self) -> bool:
        """Whether no requirement is missed; some may be undecided."""
        return not any(requirement.missed for requirement in self.requirements)

    @property
    def doubtful(self) -> bool:
        """Whether a figure is beyond its limit, be it by chance."""
        return any(requirement.missed or requirement.beyond for requirement in self.requirements)

    def requiring(self, *requirements: Requirement) -> Findings:
        """The same findings with further requirements."""
        return replace(self, requirements=[*self.requirements, *requirements])

    def comparison(self) -> Comparison:
        """The comparison as certificates and JSON contain it."""
        decisions = None if self.decisions is None else self.decisions.as_dict()
        if self.further:
            decisions = {**(decisions or {}), **self.further}
        return Comparison(
            passed=self.passed,
            images=self.images,
            kind=self.kind,
            tensors={name: TensorFigures(**found.as_dict()) for name, found in self.tensors.items()},
            decisions=decisions,
            noise=None if self.noise is None else self.noise.as_dict(),
            in_words=self.in_words,
            requirements=tuple(self.requirements),
        )


@dataclass(frozen=True)
class Look:
    """One image with the outputs of reference and candidate; their decisions are None for synthetic images."""

    view: View
    wanted: Outputs
    got: Outputs
    decided: Any = None
    decided_by_candidate: Any = None


class Comparer:
    """Accumulates one candidate's agreement with the reference, image by image.

    Args:
        task: defines how decisions agree.
        kind: the kind of images; with synthetic ones decisions are not compared.
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
