"""Tell from a network's scores whether they are probabilities, or in front of a sigmoid or softmax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from edgeface.contracts import Contract, DetectionContract
from edgeface.errors import ContractError
from edgeface.graph.types import Array
from edgeface.images.files import letterbox
from edgeface.tasks.detection.decoders import decoders
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.task import Forward, Image

_BEYOND = 0.01
_ROLES = ("scores", "classes", "objects")
_DONE = ("as-is", "sqrt-product")


def with_score_form(contract: DetectionContract, forward: Forward, images: Sequence[Image]) -> DetectionContract:
    """The contract with the `score` that its scores for an image show, if its decoder knows several.

    Scores beyond 0 and 1 are no probabilities; where the decoder has them as such, it is told what comes behind. Scores
    within 0 and 1 tell nothing of one image, unless the decoder would take a sigmoid of what is one.

    Args:
        contract: as a format's shapes have it.
        forward: the network.
        images: uint8 [H,W,3] in BGR; without any, the contract is as it was.
    """
    score = getattr(decoding_of(contract).decoder, "score", None)
    if score is None or not images:
        return contract
    found = [forward(contract, letterbox(image, contract.input)[0]) for image in images[:2]]
    scores = [array for outputs in found for array in _scores(contract, outputs)]
    is_done = all(bool((array >= -_BEYOND).all() and (array <= 1 + _BEYOND).all()) for array in scores)
    if is_done == (score in _DONE):
        return contract
    usual = next((each.default for each in fields(decoders()[contract.decoder]) if each.name == "score"), None)
    wanted = [usual if usual in _DONE else "as-is"] if is_done else ["softmax", "sigmoid"]
    if not is_done and all(array.shape[-1] == 1 or array.ndim == 4 for array in scores):
        wanted.reverse()
    return next((known for each in wanted if (known := _with(contract, each)) is not None), contract)


def refuse_raw_scores(contract: DetectionContract, forward: Forward, images: Sequence[Image]) -> None:
    """Refuse a declared contract that takes scores in front of a sigmoid or softmax for probabilities.

    Raises:
        ContractError: naming the `score` that fits them.
    """
    found = with_score_form(contract, forward, images)
    wanted = found.parameters.model_dump().get("score")
    if found != contract and wanted not in _DONE:
        raise ContractError(
            "the scores are no probabilities: they are not between 0 and 1",
            where=f"{contract.family} ({contract.variant})",
            fix=f'write score = "{wanted}" into [decode] of the contract, or name the outputs behind it',
        )


def raw_scores(contract: Contract) -> tuple[str, ...]:
    """The outputs that are scores in front of a sigmoid or softmax, by the contract of any task."""
    if not isinstance(contract, DetectionContract):
        return ()
    score = getattr(decoding_of(contract).decoder, "score", None)
    return () if score is None or score in _DONE else tuple(_names_of_scores(contract))


def _names_of_scores(contract: DetectionContract) -> list[str]:
    return [name for role, name in contract.outputs.by_role.items() if role.split("_")[0] in _ROLES]


def _scores(contract: DetectionContract, outputs: Mapping[str, Array]) -> list[Array]:
    return [outputs[name] for name in _names_of_scores(contract) if name in outputs]


def _with(contract: DetectionContract, score: object) -> DetectionContract | None:
    """The contract with another `score`, if its decoder takes that."""
    given = {**contract.parameters.model_dump(), "score": score}
    changed = contract.model_copy(update={"parameters": type(contract.parameters)(**given)})
    try:
        decoding_of(changed)
    except ContractError:
        return None
    return changed
