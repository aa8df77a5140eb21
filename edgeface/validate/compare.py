"""Compare a candidate with the fp32 reference on pictures: tensors and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any, TypeAlias

from edgeface.contracts import Contract
from edgeface.core.prefetch import prefetch
from edgeface.core.requirement import Demand
from edgeface.graph.types import Array
from edgeface.tasks.agreement import Photograph, View, agree, view
from edgeface.tasks.detection.match import Agreement
from edgeface.tasks.recognition.agreement import EmbeddingAgreement
from edgeface.validate.tensors import TensorAgreement, compare_tensors

Network: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]
Agreed: TypeAlias = Agreement | EmbeddingAgreement
Watch: TypeAlias = Callable[[View, Mapping[str, Array], Mapping[str, Array], Agreed | None], None]
"""Looks on: a picture as it was shown, the reference's and the candidate's outputs, and how well they agree."""


@dataclass(frozen=True)
class Findings:
    """What a comparison found. `decisions` is None where the pictures were drawn and decisions mean nothing."""

    tensors: dict[str, TensorAgreement]
    decisions: Agreed | None
    pictures: int
    demands: list[Demand] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every demand is met."""
        return all(demand.met for demand in self.demands)

    def as_dict(self) -> dict[str, Any]:
        """For JSON and the certificate."""
        return {
            "passed": self.passed,
            "pictures": self.pictures,
            "kind": "drawn" if self.decisions is None else "photographs",
            "tensors": {name: found.as_dict() for name, found in self.tensors.items()},
            "decisions": None if self.decisions is None else self.decisions.as_dict(),
            "demands": [vars(demand) for demand in self.demands],
        }


def compare(
    reference: Network,
    candidate: Network,
    contract: Contract,
    pictures: Iterable[Photograph],
    decide: bool,
    watch: Watch | None = None,
) -> Findings:
    """Run both networks on every picture.

    Args:
        reference: the fp32 network, float32 NCHW in, named outputs out.
        candidate: the artifact behind the same interface.
        contract: decides how pictures become tensors and tensors become decisions.
        pictures: uint8 [H,W,3] in BGR, as `tasks.agreement.view` takes them.
        decide: compare decisions too; pointless for drawn pictures.
        watch: called with each picture in turn; its last argument is None where decisions are not compared.
    """
    tensors: dict[str, TensorAgreement] = {}
    decisions: list[Agreed] = []
    count = 0
    for shown, wanted in prefetch(_references(reference, contract, pictures)):
        got = candidate({contract.input.name: shown.tensor})
        for name, array in wanted.items():
            tensors[name] = tensors.get(name, TensorAgreement()) + compare_tensors(array, got[name])
        agreed = agree(shown, wanted, got, contract) if decide else None
        if agreed is not None:
            decisions.append(agreed)
        if watch is not None:
            watch(shown, wanted, got, agreed)
        count += 1
    return Findings(tensors, reduce(add, decisions) if decisions else None, count)


def _references(
    reference: Network, contract: Contract, pictures: Iterable[Photograph]
) -> Iterator[tuple[View, Mapping[str, Array]]]:
    """Each picture as it is shown, and the reference's outputs."""
    for picture in pictures:
        shown = view(picture, contract)
        yield shown, reference({contract.input.name: shown.tensor})
