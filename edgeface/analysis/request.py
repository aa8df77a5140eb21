"""Requests for an analysis."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import MANIFEST
from edgeface.core.file_kind import refuse_other
from edgeface.core.visible import visible
from edgeface.errors import InputError
from edgeface.models import families
from edgeface.models.onnx_file import is_onnx_file
from edgeface.reading.existing import refuse_missing
from edgeface.reading.regular_file import is_file, is_folder

RECIPE = ".toml"
IMAGES = 16
MAX_IMAGES = 200
"""All of them are in memory, with what the reference makes of them."""


@dataclass(frozen=True)
class AnalyzeRequest:
    """What is analyzed, and on which images.

    Attributes:
        subject: an artifact's folder; or a family's name, a recipe (.toml) or an ONNX model (.onnx).
        target: the integer target that a model is built for; of an artifact, its own.
        weights: the checkpoint that a model is built from, or that an artifact was exported from.
        reference: of an artifact, instead of weights: an onnx-fp32 artifact of the same checkpoint.
        contract, variant, color, input_size, seed, integer_only: of a model, as in an export.
        calibration: a folder of images to calibrate with.
        images: a folder of other images to analyze on; by default those that do not calibrate.
        detector: of a recognizer, an artifact that finds the faces in images.
        device: whose table of prices predicts times, as in an export.
        count: how many images are analyzed on.
    """

    subject: str
    target: str = "tflite-int8"
    weights: Path | None = None
    reference: Path | None = None
    contract: Path | None = None
    variant: str | None = None
    color: str | None = None
    input_size: tuple[int, int] | None = None
    seed: int | None = None
    integer_only: bool = False
    calibration: Path | None = None
    images: Path | None = None
    detector: Path | None = None
    device: str | None = None
    count: int = IMAGES

    @property
    def artifact(self) -> Path | None:
        """The artifact's folder, or a file in it, if the subject is one."""
        path = Path(self.subject)
        return path if is_folder(path) or (is_file(path.parent / MANIFEST) and is_file(path)) else None

    def check(self) -> None:
        """Refuse what leads to nothing, before anything is read.

        Raises:
            InputError: a path leads to nothing, the subject is nothing known, or too many images are asked for.
        """
        path = Path(self.subject)
        is_path = self.artifact is None and (path.suffix == RECIPE or is_onnx_file(path))
        refuse_missing(
            {
                "SUBJECT": path if is_path else None,
                "--weights": self.weights,
                "--reference": self.reference,
                "--contract": self.contract,
                "--calibration": self.calibration,
                "--images": self.images,
                "--detector": self.detector,
            }
        )
        if self.artifact is None and not is_path and self.subject not in families():
            refuse_other(path, ())
            raise InputError(
                f"{visible(self.subject)!r} is neither an artifact's folder nor a model",
                where="SUBJECT",
                fix=f"pass a folder that `edgeface export` wrote, an .onnx file with --contract, a recipe, or one of "
                f"{', '.join(families())}",
            )
        if not 1 <= self.count <= MAX_IMAGES:
            raise InputError(
                f"cannot analyze on {self.count} images", where="--images-count", fix=f"use 1 to {MAX_IMAGES}"
            )

    def export(self) -> ExportRequest:
        """The export that builds a model."""
        return ExportRequest(
            model=self.subject,
            targets=(self.target,),
            weights=self.weights,
            variant=self.variant,
            color=self.color,
            calibration=self.calibration if self.calibration is not None else self.images,
            judge=self.images if self.calibration is not None else None,
            input_size=self.input_size,
            seed=self.seed,
            integer_only=self.integer_only,
            detector=self.detector,
            device=self.device,
            contract=self.contract,
        )
