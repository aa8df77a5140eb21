"""Compare a candidate with the fp32 reference on photographs: tensors and decisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeface.contract import Contract
from edgeface.graph.types import Array
from edgeface.images import letterbox
from edgeface.parity.gate import Demand
from edgeface.parity.tensors import TensorAgreement, compare_tensors
from edgeface.prefetch import prefetch
from edgeface.tasks.detection.faces import detect_faces
from edgeface.tasks.detection.match import Agreement, match_faces

Network: TypeAlias = Callable[[Mapping[str, Array]], Mapping[str, Array]]
Photograph: TypeAlias = NDArray[np.uint8]

LISTED_SCORE = 0.3
"""Faces down to this score are decoded, so that one at the threshold can be told from one not seen."""


@dataclass(frozen=True)
class Findings:
    """What a comparison found. `faces` is None where the pictures were drawn and decisions mean nothing."""

    tensors: dict[str, TensorAgreement]
    faces: Agreement | None
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
            "kind": "drawn" if self.faces is None else "photographs",
            "tensors": {name: found.as_dict() for name, found in self.tensors.items()},
            "decisions": None if self.faces is None else decisions(self.faces),
            "demands": [vars(demand) for demand in self.demands],
        }


def compare(
    reference: Network, candidate: Network, contract: Contract, pictures: Iterable[Photograph], decide: bool
) -> Findings:
    """Run both networks on every picture.

    Args:
        reference: the fp32 network, float32 NCHW in, named outputs out.
        candidate: the artifact behind the same interface.
        contract: decides how pictures become tensors and tensors become faces.
        pictures: uint8 [H,W,3] in BGR.
        decide: compare faces too; pointless for drawn pictures.
    """
    tensors: dict[str, TensorAgreement] = {}
    faces = Agreement()
    count = 0
    for picture, scale, feed, wanted in prefetch(_references(reference, contract, pictures)):
        got = candidate(feed)
        for name, array in wanted.items():
            tensors[name] = tensors.get(name, TensorAgreement()) + compare_tensors(array, got[name])
        if decide:
            size = (picture.shape[0], picture.shape[1])
            first, second = (detect_faces(outputs, contract, scale, size, LISTED_SCORE) for outputs in (wanted, got))
            faces += match_faces(first, second)
        count += 1
    return Findings(tensors, faces if decide else None, count)


def _references(
    reference: Network, contract: Contract, pictures: Iterable[Photograph]
) -> Iterator[tuple[Photograph, float, dict[str, Array], Mapping[str, Array]]]:
    """Each picture with its letterbox scale, the feed made of it, and the reference's outputs."""
    for picture in pictures:
        image, scale = letterbox(picture, contract.input)
        feed = {contract.input.name: image}
        yield picture, scale, feed, reference(feed)


def decisions(faces: Agreement) -> dict[str, Any]:
    """Agreement of decisions for JSON; shares in percent."""
    return {
        "reference_faces": faces.reference_faces,
        "matched": faces.matched,
        "matched_percent": round(100 * faces.matched_share, 3),
        "missed": faces.missed,
        "missed_by_score": faces.missed_by_score,
        "extra": faces.extra,
        "extra_percent": round(100 * faces.extra_share, 3),
        "extra_by_score": faces.extra_by_score,
        "mean_score_change": round(faces.mean_score_change, 5),
        "mean_landmark_error_percent": round(faces.mean_landmark_error_percent, 3),
        "mean_iou": round(float(np.mean(faces.ious)), 4) if faces.ious else None,
    }
