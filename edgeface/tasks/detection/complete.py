"""Complete a detector's contract by what the shapes of its outputs tell: roles, and parameters that it leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from edgeface.contracts import Contract, DetectionContract
from edgeface.contracts.output_roles import flat_roles
from edgeface.errors import ContractError
from edgeface.tasks.detection.decoders import decoders, recognized
from edgeface.tasks.detection.decoding import same_but_batch
from edgeface.tasks.detection.detect import decoding_of

Shapes = Mapping[str, tuple[int, ...]]
_OF_SCORES = ("columns", "classes")


def completed(contract: Contract, outputs: Shapes) -> Contract | None:
    """The contract with roles and undeclared parameters that fit the outputs; None if it fits them, or none does.

    What the contract declares stays, except for roles: they follow from shapes.

    Args:
        contract: of any task.
        outputs: shapes of the outputs that the contract names.
    """
    if not isinstance(contract, DetectionContract) or contract.decoder not in decoders() or _fits(contract, outputs):
        return None
    declared = contract.parameters.model_dump()
    for parameters, roles in _readings(contract, outputs):
        found = _with(contract, {**parameters, **declared}, roles)
        if found is not None and _fits(found, outputs):
            return found
    return None


def _readings(contract: DetectionContract, outputs: Shapes) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Parameters and outputs by role: as the widths of the named roles have them, then as formats are recognized."""
    named = contract.outputs.by_role
    known = {each.name for each in fields(decoders()[contract.decoder])}
    widths = {role.split("_")[0]: outputs[name][-1] for role, name in named.items() if outputs.get(name)}
    told: dict[str, Any] = {"landmarks": widths.get("landmarks", 0) // 2}
    told |= {key: widths["scores"] for key in _OF_SCORES if "scores" in widths}
    yield {key: value for key, value in told.items() if key in known}, named
    found = recognized(outputs, contract.input.height, contract.input.width)
    readings = [reading for name, reading in found if name == contract.decoder]
    for reading in sorted(readings, key=lambda each: -_as_named(each.outputs, named)):
        yield reading.parameters, reading.outputs


def _as_named(outputs: Mapping[str, Any], named: Mapping[str, str]) -> int:
    """How many outputs have the role that the contract gives them."""
    return sum(named.get(role) == name for role, name in flat_roles(outputs).items())


def _with(
    contract: DetectionContract, parameters: Mapping[str, Any], roles: Mapping[str, Any]
) -> DetectionContract | None:
    """The contract with others; None if it cannot have them."""
    document = {key: value for key, value in contract.model_dump().items() if key not in ("anchors", "parameters")}
    try:
        changed = TypeAdapter(DetectionContract).validate_python(
            {**document, "parameters": dict(parameters), "outputs": dict(roles)}
        )
    except ValidationError:
        return None
    return changed


def _fits(contract: DetectionContract, outputs: Shapes) -> bool:
    """Whether the contract's decoder takes outputs of these shapes."""
    try:
        wanted = decoding_of(contract).shapes()
    except ContractError:
        return False
    return all(name in outputs and same_but_batch(outputs[name], shape) for name, shape in wanted.items())
