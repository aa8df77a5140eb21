"""A certificate: what was measured of an artifact when it was built, and what was required."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds

Evidence = Literal["images", "composed", "synthetic"]
"""What an artifact was judged on: the user's images, images composed of the package's own two, or generated ones."""

_OLD_KEYS = {"pictures": "images", "demands": "requirements"}
_OLD_EVIDENCE = {"photographs": "images", "drawn": "synthetic"}


class TensorFigures(BaseModel):
    """How near an output is to the reference's, over all images; None where a number was not finite.

    `snr_db` is the signal-to-noise ratio in dB, `max_abs` the largest absolute difference of any element.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    snr_db: float | None
    max_abs: float | None
    cosine: float | None


class Comparison(BaseModel):
    """What a comparison with the float32 reference measured.

    `images` were compared; `kind` says what they were. `decisions` is the task's (`Task.describe` puts it in words),
    None where images mean nothing to the task.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    passed: bool
    images: int
    kind: Evidence
    tensors: dict[str, TensorFigures]
    decisions: dict[str, Any] | None
    requirements: tuple[Requirement, ...]

    @model_validator(mode="before")
    @classmethod
    def _read_format_1(cls, document: Any) -> Any:
        """Names of the first format, and of what it was judged on."""
        if not isinstance(document, Mapping):
            return document
        found = {_OLD_KEYS.get(key, key): value for key, value in document.items()}
        return found | {"kind": _OLD_EVIDENCE.get(found.get("kind", ""), found.get("kind"))}


class Certificate(Comparison):
    """What `certificate.json` holds; the same inputs give the same bytes.

    Attributes:
        format: 2; the first format, without this key, is read too.
        target, reference: what was compared, and what computed the float32 network.
        thresholds: what the recipe's gate asked for.
        kernels: how the runtime takes the model (operators, partitions, …), as the backend says.
        versions: of edgeface and of what it ran on.
        engines: for TensorRT, what was built, and whether it ran.
    """

    format: Literal[1, 2] = 1
    target: str
    reference: str
    thresholds: Thresholds
    kernels: dict[str, Any]
    versions: dict[str, str]
    engines: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what was not measured is left out."""
        document = self.model_dump(mode="json", exclude_none=False)
        document["thresholds"] = self.thresholds.model_dump(exclude_none=True)
        if self.engines is None:
            del document["engines"]
        return document
