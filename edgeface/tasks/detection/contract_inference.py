"""Inference of what a checkpoint does not record: activation, anchors and color order.

Activation and anchors are chosen first, by the support of faces (`contract_evidence`), then the color order, by
the same faces at many sizes. Each choice is a paired comparison over images: the mean
difference over its standard error. A choice that the images do not confirm is an error, not a guess.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Anchors, DetectionContract, Parameters
from edgeface.core.progress import track
from edgeface.errors import ContractError, InputError
from edgeface.tasks.detection.contract_evidence import Probe, Support, color_gain, support_of
from edgeface.tasks.task import Forward, Image, Inference

MAX_SUPPORT_PROBES = 10
WORKERS = 2
"""Images evaluated at a time; `forward` is called from as many threads."""

MAX_COLOR_PROBES = 12
MIN_STANDARD_ERRORS = 1.0
MIN_SUPPORTED_FACES = 2
MIN_QUALITY = 0.04
_SUPPORT_FLOOR, _GAIN_FLOOR = 0.02, 0.1
_MAX_MARGIN = 1e3
FIELDS = ("activation", "anchors", "color")
_FIX = "declare the contract with --variant, or pass images that show faces with --calibration"


@dataclass(frozen=True)
class CandidateEvidence:
    """Evidence of the images for one candidate.

    Attributes:
        contract: the candidate.
        strong_faces: faces with score ≥ 0.5.
        supported_faces: those found again when mirrored and shrunk, with tight anchors and landmarks as on a face.
        support: sum of the faces' qualities, 0 to 1 each.
        landmark_error_percent: mean distance of landmarks between the views, in percent of the face's size.
        tightness: mean IoU of a face with the boxes of all anchors that respond to it.
    """

    contract: DetectionContract
    strong_faces: int
    supported_faces: int
    support: float
    landmark_error_percent: float
    tightness: float

    @property
    def quality(self) -> float:
        """Support per strong face, 0 to 1."""
        return self.support / max(self.strong_faces, 1)


@dataclass(frozen=True)
class InferredContract:
    """The contract that the images confirm.

    Attributes:
        contract: a known variant where one has these fields, else one whose variant is "inferred".
        confidence: 0 to 1, of the least certain choice; 0 where all was declared and nothing could be checked.
        support_margin: standard errors between the chosen activation and anchors and the next.
        color_margin: standard errors between the chosen color order and the other.
        evidence: every candidate, most supported first.
    """

    contract: DetectionContract
    confidence: float
    support_margin: float
    color_margin: float
    evidence: tuple[CandidateEvidence, ...]

    def inference(self) -> Inference:
        """The same in the form that every task gives."""
        contract = self.contract
        margins = {"color": self.color_margin}
        if math.isfinite(self.support_margin):
            margins = {"support": min(self.support_margin, _MAX_MARGIN), **margins}
        found = f"variant {contract.variant} ({contract.activation}, {_sides(contract)}, {contract.input.color})"
        return Inference(contract, self.confidence, margins, f"{len(self.evidence)} candidates: {found}")


def _sides(contract: DetectionContract) -> str:
    """The range of anchors, where the decoder has them."""
    if not isinstance(contract.parameters, Anchors):
        return f"decoder {contract.decoder}"
    sides = [side for sides in contract.parameters.sizes for side in sides]
    return f"anchors {sides[0]}…{sides[-1]} px"


def infer_contract(
    variants: Mapping[str, DetectionContract],
    forward: Forward,
    images: Sequence[Image],
    declared: Mapping[str, object] | None = None,
    resizable: bool = True,
) -> InferredContract:
    """The contract under which a checkpoint's weights detect faces best, if the images can decide it.

    Args:
        variants: known contracts; candidates are all combinations of their activations and anchors with both
            color orders.
        forward: runs the network with a contract's activation on a tensor float32 [1,3,h,w] of the
            contract's input size, and returns its outputs by name; it does not depend on anchors and color.
        images: images, uint8 [H,W,3] in BGR; about a dozen with faces, spread evenly, are used.
        declared: known fields: "variant" (a name), or any of "activation", "anchors" and "color". They are
            checked, and kept unless the images contradict them.
        resizable: whether the network takes other input sizes than the contract's.

    Raises:
        InputError: `declared` has an unknown field or value, or there are no images.
        ContractError: the images cannot decide, support no candidate at all (the network finds no faces, as when
            weights are random or damaged), or contradict what is declared.
    """
    wanted = _declared_fields(variants, declared or {})
    if not images:
        raise InputError("no images to infer the contract from", fix=_FIX)
    probe = Probe(forward, _spread(images, MAX_COLOR_PROBES), resizable)
    indices = range(0, len(probe.images))
    few = [indices[i] for i in _spread_indices(len(indices), MAX_SUPPORT_PROBES)]
    candidates = _candidates(variants)
    with ThreadPoolExecutor(WORKERS) as pool:
        looked = pool.map(lambda index: [support_of(probe, c, index) for c in candidates], few)
        by_image = list(track(looked, "inferring the contract: activation and anchors", len(few)))
    supports = {c: list(found) for c, found in zip(candidates, zip(*by_image, strict=True), strict=True)}
    evidence = tuple(sorted((_sum_up(c, s) for c, s in supports.items()), key=lambda e: -e.support))
    if not _is_supported(evidence[0]):
        return _unsupported(wanted, variants, evidence)
    base, support_margin = _choose_network(supports, wanted)
    bgr, rgb = base.with_color("bgr"), base.with_color("rgb")
    with ThreadPoolExecutor(WORKERS) as pool:
        looked_at = pool.map(lambda index: color_gain(probe, bgr, rgb, index), indices)
        gains = list(track(looked_at, "inferring the contract: color order", len(indices)))
    contract, color_margin = _choose_color(base, np.array([gain for gain, faces in gains if faces]), wanted)
    margin = min(support_margin, color_margin)
    confidence = 0.5 * (1 + math.erf(margin / math.sqrt(2)))
    return InferredContract(_named(contract, variants), confidence, support_margin, color_margin, evidence)


def _declared_fields(variants: Mapping[str, DetectionContract], declared: Mapping[str, object]) -> dict[str, object]:
    fields = dict(declared)
    if "variant" in fields:
        name = fields.pop("variant")
        if name not in variants:
            raise InputError(f"unknown variant {name!r}", fix=f"known variants: {', '.join(variants)}")
        fields = _fields(variants[str(name)]) | fields
    known = {key: {_fields(c)[key] for c in _candidates(variants)} for key in FIELDS}
    for key, value in fields.items():
        if key not in known:
            raise InputError(f"unknown contract field {key!r}", fix=f"declare any of: variant, {', '.join(FIELDS)}")
        if value not in known[key]:
            choices = ", ".join(sorted(_written(choice) for choice in known[key]))
            raise InputError(f"no known contract has {key} {_written(value)}", fix=f"one of: {choices}")
    return fields


def _fields(contract: DetectionContract) -> dict[str, object]:
    return {"activation": contract.activation, "anchors": contract.parameters, "color": contract.input.color}


def _candidates(variants: Mapping[str, DetectionContract]) -> list[DetectionContract]:
    """All combinations, each once, in the variants' order."""
    first = next(iter(variants.values()))
    activations = dict.fromkeys((c.activation, c.negative_slope) for c in variants.values())
    anchors = dict.fromkeys(c.parameters for c in variants.values())
    return [
        first.model_copy(update={"activation": a, "negative_slope": slope, "parameters": boxes}).with_color(color)
        for (a, slope), boxes, color in product(activations, anchors, ("bgr", "rgb"))
    ]


def _spread(images: Sequence[Image], count: int) -> list[Image]:
    return [images[i] for i in _spread_indices(len(images), count)]


def _spread_indices(total: int, count: int) -> list[int]:
    return [i * total // min(total, count) for i in range(min(total, count))]


def _sum_up(contract: DetectionContract, supports: Sequence[Support]) -> CandidateEvidence:
    strong = [s for s in supports if s.strong]
    errors = [s.landmark_error for s in strong if not math.isnan(s.landmark_error)]
    return CandidateEvidence(
        contract,
        strong_faces=sum(s.strong for s in supports),
        supported_faces=sum(s.supported for s in supports),
        support=sum(s.support for s in supports),
        landmark_error_percent=100 * float(np.mean(errors)) if errors else float("nan"),
        tightness=float(np.mean([s.tightness for s in strong])) if strong else float("nan"),
    )


def _is_supported(evidence: CandidateEvidence) -> bool:
    return evidence.supported_faces >= MIN_SUPPORTED_FACES and evidence.quality >= MIN_QUALITY


def _unsupported(
    wanted: Mapping[str, object],
    variants: Mapping[str, DetectionContract],
    evidence: tuple[CandidateEvidence, ...],
) -> InferredContract:
    if all(key in wanted for key in FIELDS):
        contract = next(c for c in _candidates(variants) if _fields(c) == dict(wanted))
        return InferredContract(_named(contract, variants), 0.0, 0.0, 0.0, evidence)
    best = evidence[0]
    raise ContractError(
        "cannot infer the checkpoint's contract: under none does it find faces that pass the checks "
        f"({best.supported_faces} of {best.strong_faces} at best); either the images show none, "
        "or the weights are untrained or damaged",
        fix=_FIX,
    )


def _choose_network(
    supports: Mapping[DetectionContract, Sequence[Support]], wanted: Mapping[str, object]
) -> tuple[DetectionContract, float]:
    """Activation and anchors, each evaluated in the color order that suits it better."""
    best_of: dict[tuple[object, object], tuple[DetectionContract, NDArray[np.float64]]] = {}
    for contract, per_image in supports.items():
        values = np.sqrt([s.support for s in per_image])  # so that one crowd does not outvote the rest
        key: tuple[object, object] = (contract.activation, contract.parameters)
        if key not in best_of or values.sum() > best_of[key][1].sum():
            best_of[key] = (contract, values)
    ranked = sorted(best_of.values(), key=lambda pair: -pair[1].sum())
    allowed = [pair for pair in ranked if _allows(wanted, pair[0], ("activation", "anchors"))]
    contract, values = allowed[0]
    if ranked[0] is not allowed[0]:
        margin = _standard_errors(ranked[0][1] - values, _SUPPORT_FLOOR)
        if margin >= MIN_STANDARD_ERRORS:
            evidence = f"root support {ranked[0][1].sum():.1f} against {values.sum():.1f}, {margin:.1f} standard errors"
            raise _contradiction(wanted, ranked[0][0], evidence)
    if len(allowed) == 1:
        others = [_standard_errors(values - other, _SUPPORT_FLOOR) for _, other in ranked if other is not values]
        return contract, min(others, default=math.inf)
    margin = _standard_errors(values - allowed[1][1], _SUPPORT_FLOOR)
    if margin < MIN_STANDARD_ERRORS:
        raise _undecided(contract, allowed[1][0], margin)
    return contract, margin


def _choose_color(
    base: DetectionContract, gains: NDArray[np.float64], wanted: Mapping[str, object]
) -> tuple[DetectionContract, float]:
    signed = _standard_errors(gains, _GAIN_FLOOR)
    contract = base.with_color("bgr" if signed >= 0 else "rgb")
    if "color" in wanted and wanted["color"] != contract.input.color:
        if abs(signed) >= MIN_STANDARD_ERRORS:
            evidence = (
                f"the same faces score higher by {abs(gains.mean()):.1f} log-odds, {abs(signed):.1f} standard errors"
            )
            raise _contradiction(wanted, contract, evidence)
        other = base.with_color("rgb" if signed >= 0 else "bgr")
        return other, -abs(signed)
    if "color" not in wanted and abs(signed) < MIN_STANDARD_ERRORS:
        raise _undecided(contract, base.with_color("rgb" if signed >= 0 else "bgr"), abs(signed))
    return contract, abs(signed)


def _standard_errors(differences: NDArray[np.float64], floor: float) -> float:
    """Mean over its standard error; `floor` keeps a few similar images from looking certain."""
    if len(differences) < 2:
        return 0.0
    return float(differences.mean() / (differences.std(ddof=1) / math.sqrt(len(differences)) + floor))


def _allows(wanted: Mapping[str, object], contract: DetectionContract, keys: Sequence[str]) -> bool:
    return all(wanted.get(key, value) == value for key, value in _fields(contract).items() if key in keys)


def _contradiction(wanted: Mapping[str, object], found: DetectionContract, evidence: str) -> ContractError:
    differing = {key: value for key, value in _fields(found).items() if wanted.get(key, value) != value}
    declared = ", ".join(f"{key} {_written(wanted[key])}" for key in differing)
    shown = ", ".join(f"{key} {_written(value)}" for key, value in differing.items())
    return ContractError(
        f"the checkpoint is declared as {declared}, but on the images it behaves as {shown} ({evidence})",
        fix=f"declare {shown}, or leave it out to have it inferred",
    )


def _undecided(first: DetectionContract, second: DetectionContract, margin: float) -> ContractError:
    names = " and ".join(", ".join(_written(value) for value in _fields(c).values()) for c in (first, second))
    return ContractError(
        f"cannot infer the checkpoint's contract: {names} differ by only {margin:.1f} standard errors",
        fix=_FIX,
    )


def _written(value: object) -> str:
    if isinstance(value, Anchors):
        return "/".join(",".join(map(str, sizes)) for sizes in value.sizes)
    if isinstance(value, Parameters):
        return ", ".join(f"{name} {item}" for name, item in value.model_dump().items())
    return str(value)


def _named(contract: DetectionContract, variants: Mapping[str, DetectionContract]) -> DetectionContract:
    for variant in variants.values():
        if _fields(variant) == _fields(contract):
            return variant
    return contract.model_copy(update={"variant": "inferred"})
