"""Certificates: what was measured on an artifact when it was built, and what was required."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from edgeface.core.description import State
from edgeface.core.repair_record import RepairRecord
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds

Evidence = Literal["images", "composed", "synthetic"]
"""The evaluation data: the user's images, images composed of the two sample photographs, or synthetic ones."""

STATES_EVIDENCE = 3
"""The first format whose requirements say what they rest on."""

_OLD_KEYS = {"pictures": "images", "demands": "requirements"}
_OLD_EVIDENCE = {"photographs": "images", "drawn": "synthetic"}


class TensorFigures(BaseModel):
    """How close an output is to the reference's, over all images; None where a number was not finite.

    `snr_db` is the signal-to-noise ratio in dB, `max_abs` the maximum absolute difference of any element.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    snr_db: float | None
    max_abs: float | None
    cosine: float | None


class Comparison(BaseModel):
    """Measurements of a comparison with the float32 reference.

    `images` is the number compared; `kind` their source. `decisions` holds the task's figures (see `Task.describe`),
    None where the task has no decisions on such images. `noise` holds the same figures of the reference on barely
    changed images, by the changes' names (`edgeface.images.perturb`); None where no requirement needed them.
    `in_words` compares `decisions` with `noise` in a sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    passed: bool
    images: int
    kind: Evidence
    tensors: dict[str, TensorFigures]
    decisions: dict[str, Any] | None
    noise: dict[str, dict[str, Any]] | None = None
    in_words: str | None = None
    requirements: tuple[Requirement, ...]

    @model_validator(mode="before")
    @classmethod
    def _read_format_1(cls, document: Any) -> Any:
        """Rename the keys and kinds of format 1."""
        if not isinstance(document, Mapping):
            return document
        found = {_OLD_KEYS.get(key, key): value for key, value in document.items() if key != "verdict"}
        kind = found.get("kind")
        return found | {"kind": _OLD_EVIDENCE.get(kind, kind) if isinstance(kind, str) else kind}


class Certificate(Comparison):
    """The content of `certificate.json`; the same inputs give the same bytes.

    Attributes:
        format: 4; older ones, of which format 1 lacks this key, are read too. Before 3 they state no evidence, before
            4 no noise.
        target, reference: what was compared, and what ran the float32 network.
        thresholds: of the recipe's gate.
        kernels: how the runtime executes the model (operators, partitions, …), as the backend reports it.
        versions: of edgeface and of the libraries it ran on.
        engines: for TensorRT, the engines that were built, and whether they ran.
        repair: what was changed because the gate refused a first build, or what was tried.
        contract: of a user's model file, how each field is known: its value, "declared", "inferred" or "indifferent",
            and the evidence.
    """

    format: Literal[1, 2, 3, 4] = 1
    target: str
    reference: str
    thresholds: Thresholds
    kernels: dict[str, Any]
    versions: dict[str, str]
    engines: dict[str, Any] | None = None
    repair: RepairRecord | None = None
    contract: dict[str, dict[str, str]] | None = None

    @property
    def state(self) -> State:
        """Whether the artifact is good enough: shown, not shown, or shown not to be."""
        if any(requirement.missed for requirement in self.requirements):
            return "bad"
        undecided = any(not requirement.met for requirement in self.requirements) or not self.requirements
        return "unsure" if undecided or self.kind != "images" or self.format < STATES_EVIDENCE else "good"

    def as_dict(self) -> dict[str, Any]:
        """The certificate for JSON, without what was not measured; with the `state` as "verdict"."""
        document = {**self.model_dump(mode="json", exclude_none=False), "verdict": self.state}
        document["thresholds"] = self.thresholds.model_dump(exclude_none=True)
        absent = {key for key in ("engines", "noise", "repair", "contract") if document[key] is None}
        if self.noise is None:
            absent.add("in_words")
        return {key: value for key, value in document.items() if key not in absent}
