"""What a checkpoint does not say about itself: one value, declared once, used everywhere.

Calibration, parity, evaluation, the manifest and the runtime all read the same Contract, so
they cannot disagree. Field values and their sources stand with each family in `edgeface.models`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from edgeface.contracts.base import Activation, BaseContract, ColorOrder, ImageInput, Point
from edgeface.contracts.detection import Anchors, DetectionContract, DetectionOutputs
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
    "Point",
    "RecognitionContract",
    "detection",
    "recognition",
]

Contract: TypeAlias = Annotated[DetectionContract | RecognitionContract, Field(discriminator="task")]
"""Any task's contract."""


def detection(contract: Contract) -> DetectionContract:
    """The contract, of a detector.

    Raises:
        ContractError: it is a recognizer's.
    """
    if not isinstance(contract, DetectionContract):
        raise ContractError(f"{contract.family} is no face detector", fix="pass a detector's artifact or model")
    return contract


def recognition(contract: Contract) -> RecognitionContract:
    """The contract, of a recognizer.

    Raises:
        ContractError: it is a detector's.
    """
    if not isinstance(contract, RecognitionContract):
        raise ContractError(f"{contract.family} is no face recognizer", fix="pass a recognizer's artifact or model")
    return contract
