"""Contracts: what a checkpoint does not say about itself, declared once and used everywhere.

Calibration, parity, evaluation, the manifest and the runtime all read the same Contract, so they cannot disagree. Each
family in `edgeface.models` documents its values and their sources.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from edgeface.contracts.base import Activation, BaseContract
from edgeface.contracts.decoding import Anchors, DetectionOutputs, OutputNames, Parameters
from edgeface.contracts.detection import DetectionContract
from edgeface.contracts.frozen import ColorOrder, Point
from edgeface.contracts.generic import GenericContract
from edgeface.contracts.image_input import ImageInput
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
    "GenericContract",
    "ImageInput",
    "OutputNames",
    "Parameters",
    "Point",
    "RecognitionContract",
    "detection",
    "generic",
    "recognition",
]

Contract: TypeAlias = Annotated[DetectionContract | RecognitionContract | GenericContract, Field(discriminator="task")]
"""The contract of any task."""


def detection(contract: Contract, where: str | None = None) -> DetectionContract:
    """The contract, checked to be that of a detector.

    Args:
        contract: contract of any task.
        where: location for the error, e.g. the artifact's folder.

    Raises:
        ContractError: the contract is for another task.
    """
    if not isinstance(contract, DetectionContract):
        raise _refused(contract, where, "detector", "out/retinaface_mnet025-tflite-int8")
    return contract


def recognition(contract: Contract, where: str | None = None) -> RecognitionContract:
    """The contract, checked to be that of a recognizer. Arguments as in `detection`.

    Raises:
        ContractError: the contract is for another task.
    """
    if not isinstance(contract, RecognitionContract):
        raise _refused(contract, where, "recognizer", "out/mobilefacenet-tflite-int8")
    return contract


def generic(contract: Contract, where: str | None = None) -> GenericContract:
    """The contract, checked to be that of a network for numbers. Arguments as in `detection`.

    Raises:
        ContractError: the contract is for another task.
    """
    if not isinstance(contract, GenericContract):
        raise ContractError(f"{contract.family} is for {contract.task}, not for numbers", where=where)
    return contract


def _refused(contract: Contract, where: str | None, wanted: str, example: str) -> ContractError:
    further = ", and its numbers decide nothing here" if isinstance(contract, GenericContract) else ""
    return ContractError(
        f"{contract.family} is not a face {wanted}: its task is {contract.task}{further}",
        where=where,
        fix=f"pass an artifact exported from a {wanted}, e.g. {example}",
    )
