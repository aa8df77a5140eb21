"""What was measured or predicted of an export's targets on a processor, next to the manifest: `processor.json`.

It depends on the machine and its load. So it stands neither in the manifest nor in the certificate.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edgeface.core.artifact import Artifact, read_json
from edgeface.core.prediction_record import Gate, Ms, Text, Word
from edgeface.reading.damage import damage_reported
from edgeface.reading.regular_file import is_file

PROCESSOR = "processor.json"

Basis = Literal["measured here", "predicted", "not known"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Took(_Record):
    """The time of one inference with one thread, as a part of onnx-fp32's of the same network on that processor.

    Attributes:
        ratio: of the times; it is between `low` and `high`: a 95 % interval where it is measured, else the range of
            what was measured of other networks.
        ms: milliseconds; None where only ratios are known.
    """

    ratio: Ms
    low: Ms
    high: Ms
    ms: Ms | None = None


class TargetRecord(_Record):
    """A target on the processor.

    Attributes:
        target: its name.
        gate: whether it passed, was refused, was not judged because another is quicker, or could not be built.
        why: the reason, unless it passed.
        took: of its model; None where that is not known.
        model_bytes: the size of its files; None where it was not built.
        chosen: whether it is the quickest of those that passed.
    """

    target: Word
    gate: Gate
    why: Text = ""
    took: Took | None = None
    model_bytes: int | None = Field(default=None, ge=0)
    chosen: bool = False


class ProcessorRecord(_Record):
    """The content of `processor.json`.

    Attributes:
        format: 1.
        model_sha256: of the artifact's model file, as in the manifest.
        device, title: as `--device` names the processor, and what it is.
        basis: whether times were measured here, predicted, or are not known.
        evidence: what they rest on, in a sentence.
        targets: those that were considered.
        why: which is the quickest, and how sure that is.
    """

    format: Literal[1] = 1
    model_sha256: str
    device: Word
    title: Text
    basis: Basis
    evidence: Text
    targets: tuple[TargetRecord, ...] = ()
    why: Text = ""

    @property
    def tells(self) -> bool:
        """Whether any time is known; what tables of prices say is then not needed."""
        return any(each.took is not None for each in self.targets)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.model_dump(mode="json")


def read_processor(artifact: Artifact) -> ProcessorRecord | None:
    """The record next to an artifact; None where there is none, or it is of another model file.

    Raises:
        InputError: it is not such a record.
    """
    path = artifact.folder / PROCESSOR
    if not is_file(path):
        return None
    with damage_reported("processor", str(path), "export the artifact again, or delete it"):
        found = ProcessorRecord.model_validate(read_json(path))
    return found if found.model_sha256 == artifact.manifest.model_sha256 else None
