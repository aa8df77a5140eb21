"""A user's ONNX model as source: its contract is declared in a file, its reference runs in ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.compile.cut_decode import cut_decode
from edgeface.compile.inferred import describe_inference, how_inferred
from edgeface.compile.source import Declared, Source
from edgeface.contracts import Contract
from edgeface.contracts.read import read_contract
from edgeface.core.progress import note
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.models.onnx_file import open_onnx
from edgeface.reading.kinds import ONNX
from edgeface.reading.regular_file import digest_file
from edgeface.tasks import task_of
from edgeface.tasks.task import Image
from edgeface.validate.reference import Reference, onnx_reference


def open_onnx_source(path: Path, declared: Declared, probes: Sequence[Image]) -> Source:
    """The source of a model file with its declared contract.

    Args:
        path: an .onnx file.
        declared: names the contract file; its input size or color order overrides the file's.
        probes: images, uint8 [H,W,3] in BGR, that check the contract; may be empty.

    Raises:
        InputError: no contract is given, a file cannot be read, or an option is only for families.
        ContractError: the model does not fit the contract, or the images contradict it.
        RuntimeFailure: ONNX Runtime refuses the model.
    """
    contract = _declared(path, declared)
    model = open_onnx(path, contract)
    reference = onnx_reference(model)
    _check_outputs(contract, reference, path)
    how = _confirmed(contract, reference, probes, declared)
    weights = {"file": path.name, "sha256": digest_file(path, ONNX), "format": "onnx"}
    provenance = {"weights": weights, "contract": how}
    cut = cut_decode(model, contract) if declared.cut_decode else None
    if cut is None:
        return Source(contract, model, reference, provenance)
    note(cut.note)
    model = open_onnx(path, cut.contract)
    return Source(cut.contract, model, onnx_reference(model), {**provenance, "decode": cut.as_dict()})


def _declared(path: Path, declared: Declared) -> Contract:
    for option, value in (("--weights", declared.weights), ("--variant", declared.variant), ("--seed", declared.seed)):
        if value is not None:
            raise InputError(
                f"{option} is for edgeface's model families; an ONNX model has its weights inside",
                where=str(path),
                fix=f"leave out {option}",
            )
    if declared.contract is None:
        raise InputError(
            "an ONNX file does not describe how images become its input, nor what its outputs mean",
            where=str(path),
            fix="pass --contract FILE.toml (docs/contracts.md has a complete example)",
        )
    contract = read_contract(declared.contract)
    if declared.color is not None:
        contract = contract.with_color("rgb" if declared.color == "rgb" else "bgr")
    return contract if declared.input_size is None else contract.with_input_size(*declared.input_size)


def _check_outputs(contract: Contract, reference: Reference, path: Path) -> None:
    """Run the model once on a black image, and check that the task can decode its outputs."""
    task, size = task_of(contract), (contract.input.height, contract.input.width, 3)
    shown = task.prepare(np.zeros(size, np.uint8), contract)
    outputs = reference.run({contract.input.name: shown.tensor})
    try:
        task.decide(outputs, contract, shown)
    except ContractError as error:
        raise ContractError(error.what, where=error.where or str(path), fix=error.fix) from error


def _confirmed(contract: Contract, reference: Reference, probes: Sequence[Image], declared: Declared) -> dict[str, Any]:
    """How the contract was checked; a wrong one loads without error, and parity cannot show it."""
    if not probes:
        note(f"contract: as {declared.contract} declares; no images to check it on")
        return {"how": "declared", "checked": False}

    def forward(_: Contract, image: Array) -> Mapping[str, Array]:
        return reference.run({contract.input.name: image})

    stated = {"variant": contract.variant}
    try:
        inferred = task_of(contract).infer({contract.variant: contract}, forward, probes, stated, resizable=False)
    except ContractError as error:
        raise ContractError(error.what, where=str(declared.contract), fix="correct the contract file") from error
    note(describe_inference(inferred, declared=True))
    return how_inferred(inferred, stated)
