"""Formats that a network's outputs may have, told apart in words."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.contracts import DetectionContract, OutputNames, Parameters

Format = tuple[str, Parameters, OutputNames]


def format_of(contract: DetectionContract) -> Format:
    """What a contract says of the outputs: its decoder, with parameters and the outputs' names."""
    return contract.decoder, contract.parameters, contract.outputs


def told_apart(readings: Sequence[DetectionContract]) -> dict[Format, str]:
    """Each format in words: its decoder, with the parameters and outputs that others of this decoder have otherwise."""
    found = {}
    for reading in readings:
        same = [each for each in readings if each.decoder == reading.decoder]
        values = [each.parameters.model_dump() | each.outputs.by_role for each in same]
        mine = reading.parameters.model_dump() | reading.outputs.by_role
        told = [f"{key} {value}" for key, value in mine.items() if any(each.get(key) != value for each in values)]
        found[format_of(reading)] = reading.decoder + (f" ({', '.join(told)})" if told else "")
    return found
