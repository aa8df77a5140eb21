"""What was predicted of an artifact on a board, next to its manifest: milliseconds, and why its target was chosen.

A prediction depends on whether the machine that exported had an emulator. So it stands neither in the manifest nor in
the certificate, which are the same on every machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from edgeface.core.artifact import Artifact, read_json, write_json
from edgeface.core.visible import visible
from edgeface.reading.damage import damage_reported
from edgeface.reading.regular_file import is_file

PREDICTION = "prediction.json"

MAX_TEXT = 2000

Ms = Annotated[float, Field(gt=0)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
Text = Annotated[str, AfterValidator(lambda text: visible(" ".join(text[:MAX_TEXT].split())))]
"""Sentences, which may quote what a runtime said: one line each."""

Core = Annotated[int, Field(ge=0, lt=64)]
Threads = Annotated[int, Field(ge=1, le=64)]
Gate = Literal["passed", "refused", "not judged", "not built"]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Predicted(_Record):
    """Predicted milliseconds of one inference in one runtime; not measured.

    Attributes:
        runtime, version: "litert", "tflite-runtime", "ort" or "ncnn", and the counted version.
        core, threads: where it runs.
        low_ms, expected_ms, high_ms: the range in which the truth is expected, and the best single figure.
        fitted_ms: the counts by the board's coefficients, by which runtimes and models are compared.
        bound: what takes the time: "arithmetic", "loads", "L2" or "DRAM".
        evidence: what the figures rest on, in a sentence.
        caveats: what counts cannot know, in sentences.
    """

    runtime: Word
    version: Word
    core: Word
    threads: Threads
    low_ms: Ms
    expected_ms: Ms
    high_ms: Ms
    fitted_ms: Ms
    bound: Text = ""
    evidence: Text = ""
    caveats: tuple[Text, ...] = ()

    @property
    def fps(self) -> float:
        """Frames per second, one after another."""
        return 1000 / self.expected_ms


class CandidateRecord(_Record):
    """A target that an export for a board considered.

    Attributes:
        target: its name.
        gate: whether it passed, was refused, was not judged because another is quicker, or could not be built.
        why: the reason, unless it passed.
        predicted: of its model in the runtime that judged it; None where nothing was predicted.
        chosen: whether it is the one that was written.
    """

    target: Word
    gate: Gate
    why: Text = ""
    predicted: Predicted | None = None
    chosen: bool = False


class PredictionRecord(_Record):
    """The content of `prediction.json`.

    Attributes:
        format: 1.
        model_sha256: of the model file that was predicted, as in the manifest.
        device, title: the board's name, and its usual name.
        cores, threads: where its profile recommends to run.
        predictions: of the artifact; the first is in the runtime to ship it with.
        missing: why there are none, and how to get them; None if there are.
        candidates: the targets that were considered; empty where the user named the target.
        why: why this target was chosen.
    """

    format: Literal[1] = 1
    model_sha256: str
    device: Word
    title: Text
    cores: tuple[Core, ...]
    threads: Threads
    predictions: tuple[Predicted, ...] = ()
    missing: Text | None = None
    candidates: tuple[CandidateRecord, ...] = ()
    why: Text | None = None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.model_dump(mode="json")


def write_prediction(folder: Path, record: PredictionRecord) -> None:
    """Write a record into an artifact's folder.

    Raises:
        WriteError: it cannot be written.
    """
    write_json(folder / PREDICTION, record.as_dict())


def read_prediction(artifact: Artifact) -> PredictionRecord | None:
    """The record next to an artifact; None where there is none, or it is of another model file.

    Raises:
        InputError: it is not a record of a prediction.
    """
    path = artifact.folder / PREDICTION
    if not is_file(path):
        return None
    with damage_reported("prediction", str(path), "export the artifact again, or delete it"):
        found = PredictionRecord.model_validate(read_json(path))
    return found if found.model_sha256 == artifact.manifest.model_sha256 else None
