"""What a checkpoint does not say about itself: one value, declared once, used everywhere.

Calibration, parity, evaluation, the manifest and the runtime all read the same Contract, so
they cannot disagree. Field values and their sources stand with each family in `edgeface.models`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from edgeface.contracts.base import Activation, BaseContract, ColorOrder, ImageInput, Point
from edgeface.contracts.detection import Anchors, DetectionContract, DetectionOutputs, OutputNames, Parameters
from edgeface.contracts.recognition import ARCFACE_TEMPLATE, RecognitionContract
from edgeface.errors import ContractError

__all__ = [
    "ARCFACE_TEMPLATE",
    "Activation",
    "Anchors",
    "BaseContract",
    "ColorOrder",
    "Contract",
    "DetectionContract",
    "DetectionOutputs",
    "ImageInput",
    "OutputNames",
    "Parameters",
    "Point",
    "RecognitionContract",
    "detection",
    "recognition",
]

Contract: TypeAlias = Annotated[DetectionContract | RecognitionContract, Field(discriminator="task")]
"""Any task's contract."""


def detection(contract: Contract, where: str | None = None) -> DetectionContract:
    """The contract, of a detector.

    Args:
        contract: of any task.
        where: what the error names, e.g. the artifact's folder.

    Raises:
        ContractError: it is of another task.
    """
    if not isinstance(contract, DetectionContract):
        raise _refused(contract, where, "detector", "out/retinaface_mnet025-tflite-int8")
    return contract


def recognition(contract: Contract, where: str | None = None) -> RecognitionContract:
    """The contract, of a recognizer. Arguments as of `detection`.

    Raises:
        ContractError: it is of another task.
    """
    if not isinstance(contract, RecognitionContract):
        raise _refused(contract, where, "recognizer", "out/mobilefacenet-tflite-int8")
    return contract


def _refused(contract: Contract, where: str | None, wanted: str, example: str) -> ContractError:
    return ContractError(
        f"{contract.family} is no face {wanted}, but for {contract.task}",
        where=where,
        fix=f"pass what was exported of a {wanted}, e.g. {example}",
    )
