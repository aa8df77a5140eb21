"""A family's checkpoint as source: its contract is declared, inferred from images, or both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.inferred import describe_inference, how_inferred
from edgeface.compile.source import Declared, Source
from edgeface.contracts import Contract
from edgeface.core.progress import note
from edgeface.errors import ContractError, InputError
from edgeface.graph.types import Array
from edgeface.models import family
from edgeface.models.family import Family
from edgeface.models.network import CheckpointNetworks, seeded_onnx
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import digest_file
from edgeface.samples import Sample, sample_of
from edgeface.tasks import task
from edgeface.tasks.task import Image, Inference
from edgeface.validate.reference import network_reference


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
    known, networks = found.variant_of(declared.weights), CheckpointNetworks(found, declared.weights)
    contract, how = _contract(found, declared, probes, networks) if known is None else _known(found, declared, known)
    contract = _resized(contract, declared)
    network, taken = networks.onnx(contract), networks.taken(contract)
    weights: dict[str, Any] = {"file": declared.weights.name, "sha256": digest_file(declared.weights, CHECKPOINT)}
    if not taken.is_plain:
        note(f"weights: {taken.describe()}")
        weights["taken"] = taken.as_dict()
    return _source(contract, network, {"weights": weights, "contract": how})


def _source(contract: Contract, network: bytes, provenance: dict[str, Any]) -> Source:
    return Source(contract, network, network_reference(network), provenance, own=True)


def _seeded(found: Family, declared: Declared, seed: int) -> Source:
    contract = _resized(_with_color(_variant(found, declared.variant), declared.color), declared)
    return _source(contract, seeded_onnx(found, contract, seed), {"seed": seed, "contract": {"how": "seeded"}})


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
    network = CheckpointNetworks(found, sample.weights).onnx(contract)
    return _source(contract, network, {"weights": sample.as_source(), "contract": {"how": "of the sample weights"}})


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
    found: Family, declared: Declared, probes: Sequence[Image], networks: CheckpointNetworks
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
        inferred = _inferred(found, networks, probes, stated)
    except ContractError as error:
        raise ContractError(error.what, where=error.where or str(declared.weights), fix=error.fix) from error
    note(describe_inference(inferred, bool(stated)))
    return inferred.contract, how_inferred(inferred, stated)


def _inferred(
    found: Family, networks: CheckpointNetworks, probes: Sequence[Image], stated: Mapping[str, str]
) -> Inference:
    forward = InferenceRuns(networks, found.variants().values())
    return task(found.task).infer(found.variants(), forward, probes, stated)


class InferenceRuns:
    """Runs a checkpoint's network under candidate contracts, for threads.

    Contracts that differ only in preprocessing share a session, and so do all sizes of a resizable network.

    Args:
        networks: of the checkpoint.
        known: contracts of whose networks one will be asked for, at any size.
    """

    def __init__(self, networks: CheckpointNetworks, known: Iterable[Contract]) -> None:
        self._networks = networks
        self._lock = Lock()
        self._opened: dict[object, OrtRunner] = {}
        for contract in known:
            resizable = None if contract.network in self._opened else networks.resizable(contract)
            if resizable is not None:
                self._opened[contract.network] = OrtRunner(resizable)

    def __call__(self, candidate: Contract, image: Array) -> dict[str, Array]:
        """The outputs by name for an image float32 [1,3,H,W] of the candidate's size."""
        runner = self._opened.get(candidate.network) or self._of_size(candidate)
        return runner.run({candidate.input.name: image})

    def _of_size(self, contract: Contract) -> OrtRunner:
        key = contract.network, contract.input.shape
        with self._lock:
            if key not in self._opened:
                self._opened[key] = OrtRunner(self._networks.onnx(contract))
            return self._opened[key]


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
