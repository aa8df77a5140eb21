"""A family's checkpoint as source: its contract is declared, inferred from images, or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from edgeface.compile.inferred import describe_inference, how_inferred
from edgeface.compile.source import Declared, Source
from edgeface.contracts import Contract
from edgeface.core.progress import note
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.models import family
from edgeface.models.checkpoint_shapes import read_taken
from edgeface.models.family import Family
from edgeface.models.torch_export import export_onnx
from edgeface.models.torch_run import run_module, torch_network
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import digest_file
from edgeface.samples import Sample, sample_of
from edgeface.tasks import task
from edgeface.tasks.task import Image, Inference
from edgeface.validate.reference import torch_reference

Load: TypeAlias = Callable[[Contract], Any]


def open_checkpoint(declared: Declared, probes: Sequence[Image]) -> Source:
    """A family's network with declared or seeded weights, else with sample weights.

    Args:
        declared: the user's declaration.
        probes: images with faces, uint8 [H,W,3] in BGR; may be empty.

    Raises:
        InputError: an unknown model or variant, or neither weights nor a seed for a model without sample weights.
        CheckpointError: the weights are not this network's.
        ContractError: the contract is uncertain, or contradicts the declaration.
    """
    found = family(declared.model)
    _known_variant(found, declared.variant)
    if declared.seed is not None and declared.weights is None:
        return _seeded(found, declared, declared.seed)
    if declared.weights is None:
        return _sample(found, declared)
    known, load = found.variant_of(declared.weights), _loader(found, declared.weights)
    contract, how = _contract(found, declared, probes, load) if known is None else _known(found, declared, known)
    contract = _resized(contract, declared)
    module = load(contract)
    weights: dict[str, Any] = {"file": declared.weights.name, "sha256": digest_file(declared.weights, CHECKPOINT)}
    taken = read_taken(declared.weights, [{k: tuple(v.shape) for k, v in module.state_dict().items()}])
    if not taken.is_plain:
        note(f"weights: {taken.describe()}")
        weights["taken"] = taken.as_dict()
    return _source(contract, module, {"weights": weights, "contract": how})


def _loader(found: Family, weights: Path) -> Load:
    """Loads the weights into the network of a contract; variants that differ only in preprocessing share one."""
    modules: dict[object, Any] = {}

    def load(contract: Contract) -> Any:
        if contract.network not in modules:
            modules[contract.network] = found.load(weights, contract)
        return modules[contract.network]

    return load


def _source(contract: Contract, module: Any, provenance: dict[str, Any]) -> Source:
    return Source(contract, export_onnx(module, contract), torch_reference(torch_network(module, contract)), provenance)


def _seeded(found: Family, declared: Declared, seed: int) -> Source:
    contract = _resized(_with_color(_variant(found, declared.variant), declared.color), declared)
    module = found.random(contract, seed)
    return _source(contract, module, {"seed": seed, "contract": {"how": "seeded"}})


def _sample(found: Family, declared: Declared) -> Source:
    """The sample weights, whose contract is known."""
    sample = sample_of(found.name)
    if sample is None:
        raise InputError(
            "no weights to export",
            where=f"model {declared.model}",
            fix="pass --weights FILE, or --seed N to try the tool with a random network that finds no faces",
        )
    contract = _variant(found, sample.variant)
    _check_declared(sample, contract, declared)
    if digest_file(sample.weights, CHECKPOINT) != sample.sha256:
        raise InputError(
            "the sample weights are not those that came with this version",
            where=str(sample.weights),
            fix="install edgeface again",
        )
    note(f"no --weights: exporting edgeface's sample {found.name}, which is for trying the tool, not for products")
    contract = _resized(contract, declared)
    module = found.load(sample.weights, contract)
    return _source(contract, module, {"weights": sample.as_source(), "contract": {"how": "of the sample weights"}})


def _check_declared(sample: Sample, contract: Contract, declared: Declared) -> None:
    """Check a declaration against weights whose contract is known."""
    for option, stated, known in (
        ("--variant", declared.variant, sample.variant),
        ("--color", declared.color, contract.input.color),
    ):
        if stated not in {None, known}:
            raise ContractError(
                f"the sample weights of {sample.family} are {known!r}, not {stated!r}",
                where=option,
                fix=f"leave out {option}, or pass --weights FILE with your weights",
            )


def _known(found: Family, declared: Declared, known: str) -> tuple[Contract, dict[str, Any]]:
    """The contract of weights whose tensors identify their variant."""
    if declared.variant not in {None, known}:
        raise ContractError(
            f"the weights are those of variant {known!r}, not {declared.variant!r}",
            where=str(declared.weights),
            fix="leave out --variant",
        )
    note(
        f"contract: variant {known}, by the tensors of the weights; whether it was trained for such images is unchecked"
    )
    return _with_color(_variant(found, known), declared.color), {
        "how": "by the tensors of the weights",
        "checked": False,
    }


def _contract(
    found: Family, declared: Declared, probes: Sequence[Image], load: Load
) -> tuple[Contract, dict[str, Any]]:
    stated = {k: v for k, v in (("variant", declared.variant), ("color", declared.color)) if v is not None}
    assert declared.weights is not None
    if not probes:
        if declared.variant is None and len(found.variants()) > 1:
            raise ContractError(
                "the checkpoint does not record its activation, anchors or color order, and there are no images to "
                "infer them from",
                where=str(declared.weights),
                fix=f"pass --variant ({', '.join(found.variants())}), or --calibration DIR with images of faces",
            )
        how = "the family's only one" if declared.variant is None else "declared"
        note(f"contract: {how}; no images to check it on")
        return _with_color(_variant(found, declared.variant), declared.color), {"how": how, "checked": False}
    try:
        inferred = _inferred(found, load, probes, stated)
    except ContractError as error:
        raise ContractError(error.what, where=error.where or str(declared.weights), fix=error.fix) from error
    note(describe_inference(inferred, bool(stated)))
    return inferred.contract, how_inferred(inferred, stated)


def _inferred(found: Family, load: Load, probes: Sequence[Image], stated: Mapping[str, str]) -> Inference:
    variants = found.variants()
    for contract in variants.values():
        load(contract)  # before threads ask for it

    def forward(candidate: Contract, image: Array) -> dict[str, Array]:
        return run_module(load(candidate), image, candidate)

    return task(found.task).infer(variants, forward, probes, stated)


def _known_variant(found: Family, variant: str | None) -> None:
    if variant is not None and variant not in found.variants():
        raise InputError(
            f"{found.name} has no variant {variant!r}", fix=f"known variants: {', '.join(found.variants())}"
        )


def _variant(found: Family, variant: str | None) -> Contract:
    variants = found.variants()
    return variants[variant] if variant is not None else next(iter(variants.values()))


def _with_color(contract: Contract, color: str | None) -> Contract:
    return contract if color is None else contract.with_declared_color("rgb" if color == "rgb" else "bgr")


def _resized(contract: Contract, declared: Declared) -> Contract:
    return contract if declared.input_size is None else contract.with_input_size(*declared.input_size)
