"""A user's ONNX model as source: its contract is declared or inferred, its reference runs in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.compile.cut_decode import cut_decode
from edgeface.compile.infer_contract import check, recognize, refuse_unsettled, settle
from edgeface.compile.inferred import describe_settled, how_settled
from edgeface.compile.operators_first import operators_first
from edgeface.compile.source import Declared, Source
from edgeface.contracts import Contract
from edgeface.core.progress import note, step
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.models.onnx_file import as_in_file, layout_of, open_onnx
from edgeface.reading.kinds import ONNX
from edgeface.reading.regular_file import digest_file
from edgeface.tasks import task_of
from edgeface.tasks.declared import declared_contract
from edgeface.tasks.detection.complete import completed
from edgeface.tasks.task import FindFaces, Forward, Image
from edgeface.tasks.undeclared import Evidence, Settled
from edgeface.validate.reference import Reference, onnx_reference


def open_onnx_source(path: Path, declared: Declared, probes: Sequence[Image], find: FindFaces | None = None) -> Source:
    """The source of a model file with its contract, declared or inferred.

    Args:
        path: an .onnx file.
        declared: may name the contract file; its input size or color order overrides the file's.
        probes: images, uint8 [H,W,3] in BGR, that settle or check the contract; may be empty.
        find: finds the faces in them, for a recognizer.

    Raises:
        InputError: a file cannot be read, its format is not known, or an option is only for families.
        ContractError: the model does not fit the contract, the images contradict it, or they cannot settle it.
        RuntimeFailure: ONNX Runtime refuses the model.
    """
    _refuse_options_of_families(path, declared)
    settled = None if declared.contract is not None else _inferred(path, declared, probes, find)
    of_file = _declared(declared) if settled is None else settled.contract
    model, reference = _opened(path, of_file)
    if settled is None:
        of_file, model, reference = _completed(path, of_file, model, reference)
    contract = of_file.upright()
    _check_outputs(contract, reference, path)
    if settled is None:
        how = _confirmed(path, contract, Evidence(_forward(reference), probes, find), declared)
    else:
        note(describe_settled(settled))
        how = how_settled(settled, declared=False)
    weights = {"file": path.name, "sha256": digest_file(path, ONNX), "format": "onnx", **layout_of(of_file)}
    provenance = {"weights": weights, "contract": how}
    cut = cut_decode(model, contract) if declared.cut_decode else None
    if cut is None:
        return Source(contract, model, reference, provenance)
    note(cut.note)
    model = open_onnx(path, as_in_file(cut.contract, weights))
    return Source(cut.contract, model, onnx_reference(model), {**provenance, "decode": cut.as_dict()})


def _refuse_options_of_families(path: Path, declared: Declared) -> None:
    for option, value in (("--weights", declared.weights), ("--variant", declared.variant), ("--seed", declared.seed)):
        if value is not None:
            raise InputError(
                f"{option} is for edgeface's model families; an ONNX model has its weights inside",
                where=str(path),
                fix=f"leave out {option}",
            )


def _declared(declared: Declared) -> Contract:
    assert declared.contract is not None
    contract = declared_contract(declared.contract)
    if declared.color is not None:
        contract = contract.with_color("rgb" if declared.color == "rgb" else "bgr")
    return contract if declared.input_size is None else contract.with_input_size(*declared.input_size)


def _inferred(path: Path, declared: Declared, probes: Sequence[Image], find: FindFaces | None) -> Settled:
    """The contract that the file's outputs and the images tell, wholly."""
    stated = {} if declared.color is None else {"color": declared.color}
    with step("inferring the contract from images"):
        settled = settle(recognize(path, declared.input_size), probes, find, stated)
    refuse_unsettled(path, settled)
    return settled


def _forward(reference: Reference) -> Forward:
    def forward(contract: Contract, image: Array) -> Mapping[str, Array]:
        return reference.run({contract.input.name: image})

    return forward


def _opened(path: Path, of_file: Contract) -> tuple[bytes, Reference]:
    model = open_onnx(path, of_file)
    with operators_first(model):
        return model, onnx_reference(model)


def _completed(path: Path, of_file: Contract, model: bytes, reference: Reference) -> tuple[Contract, bytes, Reference]:
    """The same, with what the shapes of a declared contract's outputs tell in place of what it leaves out."""
    outputs = _on_black(of_file.upright(), reference)
    found = completed(of_file, {name: tuple(array.shape) for name, array in outputs.items()})
    if found is None:
        return of_file, model, reference
    note("contract: completed by the shapes of the outputs")
    return found, *_opened(path, found)


def _on_black(contract: Contract, reference: Reference) -> Mapping[str, Array]:
    size = (contract.input.height, contract.input.width, 3)
    shown = task_of(contract).prepare(np.zeros(size, np.uint8), contract)
    return reference.run({contract.input.name: shown.tensor})


def _check_outputs(contract: Contract, reference: Reference, path: Path) -> None:
    """Run the model once on a black image, and check that the task can decode its outputs."""
    task, size = task_of(contract), (contract.input.height, contract.input.width, 3)
    shown = task.prepare(np.zeros(size, np.uint8), contract)
    outputs = reference.run({contract.input.name: shown.tensor})
    try:
        task.decide(outputs, contract, shown)
    except ContractError as error:
        raise ContractError(error.what, where=error.where or str(path), fix=error.fix) from error


def _confirmed(path: Path, contract: Contract, evidence: Evidence, declared: Declared) -> dict[str, Any]:
    """How the contract was checked; a wrong one loads without error, and parity cannot show it."""
    if not evidence.images:
        note(f"contract: as {declared.contract} declares; no images to check it on")
        return {"how": "declared", "checked": False}
    try:
        settled = check(path, contract, evidence)
    except ContractError as error:
        fix = error.fix or "correct the contract file"
        raise ContractError(error.what, where=str(declared.contract), fix=fix) from error
    if settled is None or not settled.checked:
        note("contract: as declared; the images could not confirm it")
        return {"how": "declared", "checked": False}
    note(describe_settled(settled))
    return how_settled(settled, declared=True)
