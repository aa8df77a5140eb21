"""What is exported: a checkpoint in its network under a contract, and where all that is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.contracts import Contract, DetectionContract, detection
from edgeface.core.artifact import sha256_hex
from edgeface.core.progress import note
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.models import family
from edgeface.models.family import Family
from edgeface.models.torch_export import export_onnx
from edgeface.models.torch_run import run_module
from edgeface.samples import Sample, sample_of
from edgeface.tasks.contract_inference import InferredContract, infer_contract

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Declared:
    """What the user says of the source; None is "not said"."""

    model: str
    weights: Path | None = None
    variant: str | None = None
    color: str | None = None
    input_size: tuple[int, int] | None = None
    seed: int | None = None


@dataclass(frozen=True)
class Source:
    """The fp32 network: `module` runs in torch; `onnx` is the same network for the graph reader."""

    contract: Contract
    module: Any
    onnx: bytes
    provenance: dict[str, Any]

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """The reference's outputs by name, float32."""
        return run_module(self.module, feeds[self.contract.input.name], self.contract)


def open_source(declared: Declared, probes: Sequence[Image]) -> Source:
    """Load the network, with its contract declared, inferred from images, or both.

    Args:
        declared: what the user says.
        probes: images with faces, uint8 [H,W,3] in BGR; may be empty.

    Raises:
        InputError: an unknown model or variant, or neither weights nor a seed for a model without sample weights.
        CheckpointError: the weights are not this network's.
        ContractError: the contract is unsure, or contradicts what was declared.
    """
    found = family(declared.model)
    _known_variant(found, declared.variant)
    if declared.seed is not None and declared.weights is None:
        return _seeded(found, declared, declared.seed)
    if declared.weights is None:
        return _sample(found, declared)
    told = found.variant_of(declared.weights)
    contract, how = _contract(found, declared, probes) if told is None else _told(found, declared, told)
    contract = _resized(contract, declared)
    module = found.load(declared.weights, contract)
    weights = {"file": declared.weights.name, "sha256": sha256_hex(declared.weights.read_bytes())}
    return Source(contract, module, export_onnx(module, contract), {"weights": weights, "contract": how})


def _seeded(found: Family, declared: Declared, seed: int) -> Source:
    contract = _resized(_with_color(_variant(found, declared.variant), declared.color), declared)
    module = found.random(contract, seed)
    return Source(contract, module, export_onnx(module, contract), {"seed": seed, "contract": {"how": "seeded"}})


def _sample(found: Family, declared: Declared) -> Source:
    """The weights that the package brings along, whose contract is known."""
    sample = sample_of(found.name)
    if sample is None:
        raise InputError(
            "no weights to export",
            where=f"model {declared.model}",
            fix="pass --weights FILE, or --seed N to try the tool with a random network that finds no faces",
        )
    contract = _variant(found, sample.variant)
    _check_declared(sample, contract, declared)
    if sha256_hex(sample.weights.read_bytes()) != sample.sha256:
        raise InputError(
            "the sample weights are not those that came with this version",
            where=str(sample.weights),
            fix="install edgeface again",
        )
    note(f"no --weights: exporting edgeface's sample {found.name}, which is for trying the tool, not for products")
    contract = _resized(contract, declared)
    module = found.load(sample.weights, contract)
    weights = {"file": sample.weights.name, "sha256": sample.sha256, "sample": True}
    provenance = {"weights": weights, "contract": {"how": "of the sample weights"}}
    return Source(contract, module, export_onnx(module, contract), provenance)


def _check_declared(sample: Sample, contract: Contract, declared: Declared) -> None:
    """What is declared of weights that are known must be so."""
    for option, said, known in (
        ("--variant", declared.variant, sample.variant),
        ("--color", declared.color, contract.input.color),
    ):
        if said not in {None, known}:
            raise ContractError(
                f"the sample weights of {sample.family} are {known!r}, not {said!r}",
                where=option,
                fix=f"leave out {option}, or pass --weights FILE with weights of your own",
            )


def _told(found: Family, declared: Declared, told: str) -> tuple[Contract, dict[str, Any]]:
    """The contract where the weights themselves tell the variant."""
    if declared.variant not in {None, told}:
        raise ContractError(
            f"the weights are those of variant {told!r}, not {declared.variant!r}",
            where=str(declared.weights),
            fix="leave out --variant",
        )
    note(f"contract: variant {told}, told by the weights; that it was trained on such images is not checked")
    return _with_color(_variant(found, told), declared.color), {"how": "told by the weights", "checked": False}


def _contract(found: Family, declared: Declared, probes: Sequence[Image]) -> tuple[Contract, dict[str, Any]]:
    said = {k: v for k, v in (("variant", declared.variant), ("color", declared.color)) if v is not None}
    assert declared.weights is not None
    if not probes:
        if declared.variant is None:
            raise ContractError(
                "the checkpoint does not say its activation, anchors or color order, and there are no images to "
                "infer them from",
                where=str(declared.weights),
                fix=f"pass --variant ({', '.join(found.variants())}), or --calibration DIR with images of faces",
            )
        note("contract: as declared; no images to check it on")
        return _with_color(_variant(found, declared.variant), declared.color), {"how": "declared", "checked": False}
    variants = {name: detection(contract) for name, contract in found.variants().items()}
    by_network = {(c.activation, c.negative_slope): c for c in variants.values()}
    modules = {key: found.load(declared.weights, contract) for key, contract in by_network.items()}

    def forward(candidate: DetectionContract, image: Array) -> dict[str, Array]:
        return run_module(modules[candidate.activation, candidate.negative_slope], image, candidate)

    try:
        inferred = infer_contract(variants, forward, probes, said)
    except ContractError as error:
        raise ContractError(error.what, where=error.where or str(declared.weights), fix=error.fix) from error
    note(_describe(inferred, bool(said)))
    return inferred.contract, _how(inferred, said)


def _describe(inferred: InferredContract, declared: bool) -> str:
    contract = inferred.contract
    sizes = [size for sizes in contract.anchors.sizes for size in sizes]
    word = "declared, and borne out" if declared else "inferred"
    if inferred.confidence == 0:
        return "contract: as declared; the images could not bear it out"
    return (
        f"contract: {word} by {len(inferred.evidence)} candidates on images: variant {contract.variant} "
        f"({contract.activation}, anchors {sizes[0]}…{sizes[-1]} px, {contract.input.color}), "
        f"confidence {inferred.confidence:.2f}"
    )


def _how(inferred: InferredContract, said: Mapping[str, str]) -> dict[str, Any]:
    return {
        "how": "declared" if "variant" in said else "inferred",
        "checked": inferred.confidence > 0,
        "declared": dict(said),
        "confidence": round(inferred.confidence, 3),
        "support_margin": round(min(inferred.support_margin, 1e3), 2),
        "color_margin": round(inferred.color_margin, 2),
    }


def _known_variant(found: Family, variant: str | None) -> None:
    if variant is not None and variant not in found.variants():
        raise InputError(
            f"{found.name} has no variant {variant!r}", fix=f"known variants: {', '.join(found.variants())}"
        )


def _variant(found: Family, variant: str | None) -> Contract:
    variants = found.variants()
    return variants[variant] if variant is not None else next(iter(variants.values()))


def _with_color(contract: Contract, color: str | None) -> Contract:
    if color is None:
        return contract
    return contract.with_declared_color("rgb" if color == "rgb" else "bgr")


def _resized(contract: Contract, declared: Declared) -> Contract:
    return contract if declared.input_size is None else contract.with_input_size(*declared.input_size)
