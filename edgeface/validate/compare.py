"""Compare a candidate with the fp32 reference on images: tensors and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, TypeAlias

from edgeface.contracts import Contract
from edgeface.core.prefetch import prefetch
from edgeface.core.requirement import Requirement
from edgeface.graph.types import Array
from edgeface.tasks import task_of
from edgeface.tasks.task import Agreement, Image, View
from edgeface.validate.tensors import TensorAgreement, compare_tensors

Network: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]
Watch: TypeAlias = Callable[[View, Any, Any, Agreement | None], None]
"""Looks on: an image as it was shown, what the reference and the candidate decide, and how well they agree."""


@dataclass(frozen=True)
class Findings:
    """What a comparison found. `decisions` is None where the images were drawn and decisions mean nothing."""

    tensors: dict[str, TensorAgreement]
    decisions: Agreement | None
    images: int
    requirements: list[Requirement] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every requirement is met."""
        return all(requirement.met for requirement in self.requirements)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "passed": self.passed,
            "images": self.images,
            "kind": "synthetic" if self.decisions is None else "images",
            "tensors": {name: found.as_dict() for name, found in self.tensors.items()},
            "decisions": None if self.decisions is None else self.decisions.as_dict(),
            "requirements": [vars(requirement) for requirement in self.requirements],
        }


def compare(
    reference: Network,
    candidate: Network,
    contract: Contract,
    images: Iterable[Image],
    decide: bool,
    watch: Watch | None = None,
) -> Findings:
    """Run both networks on every image.

    Args:
        reference: the fp32 network, float32 NCHW in, named outputs out.
        candidate: the artifact behind the same interface.
        contract: decides how images become tensors and tensors become decisions.
        images: uint8 [H,W,3] in BGR, as the task's `prepare` takes them.
        decide: compare decisions too; pointless for synthetic images.
        watch: called with each image in turn; its last three arguments are None where decisions are not compared.
    """
    task = task_of(contract)
    tensors: dict[str, TensorAgreement] = {}
    decisions: list[Agreement] = []
    count = 0
    for shown, wanted in prefetch(_references(reference, contract, images)):
        got = candidate({contract.input.name: shown.tensor})
        for name, array in wanted.items():
            tensors[name] = tensors.get(name, TensorAgreement()) + compare_tensors(array, got[name])
        first = second = agreed = None
        if decide:
            first, second = (task.decide(outputs, contract, shown) for outputs in (wanted, got))
            agreed = task.agree(first, second)
            decisions.append(agreed)
        if watch is not None:
            watch(shown, first, second, agreed)
        count += 1
    return Findings(tensors, reduce(add, decisions) if decisions else None, count)


def _references(
    reference: Network, contract: Contract, images: Iterable[Image]
) -> Iterator[tuple[View, Mapping[str, Array]]]:
    """Each image as it is shown, and the reference's outputs."""
    task = task_of(contract)
    for image in images:
        shown = task.prepare(image, contract)
        yield shown, reference({contract.input.name: shown.tensor})
