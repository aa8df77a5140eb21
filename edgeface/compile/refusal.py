"""The error of a gate: what was missed, where the build loses it, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.backends import runtime_named
from edgeface.compile.job import Job
from edgeface.compile.judge_built import Judged, open_judge
from edgeface.errors import GateError, Refused, WorstTensor
from edgeface.validate.layerwise import EXACT_DB, Layer, explain, layer_agreement, worst

_SHOWN = 3


def refusal(job: Job, judged: Judged) -> GateError:
    """The error for a model that is not good enough, with the tensors that lose the most on the first image."""
    built = judged.built
    feeds = open_judge(job, "the worst tensors").first_tensor()
    layers = layer_agreement(built.exact, judged.model, feeds, runtime_named(built.target.runtime))
    return refused_as(judged, explain(layers), _advice(judged), layers)


def refused_as(judged: Judged, where: str, fix: str, layers: Sequence[Layer] = ()) -> GateError:
    """The same for another reason.

    Args:
        judged: the model, with requirements that it misses.
        where: of the error.
        fix: of the error.
        layers: agreement by layer, where it was measured.
    """
    missed = [each for each in judged.findings.requirements if each.missed]
    failed = "; ".join(f"{each.what}: {each.measured}, required {each.limit}" for each in missed)
    name = judged.built.target.name
    kept = {value for values in _kept(judged).values() for value in values}
    ranked = worst(layers, len(layers))
    shown_layers = [layer for layer in ranked if layer.name not in kept] or ranked  # those in float hand errors on
    shown = Refused(
        target=name,
        required=len(judged.findings.requirements),
        missed=tuple((each.what, each.measured, each.limit) for each in missed),
        worst=tuple(_worst(judged, layer, layer.name in kept) for layer in shown_layers[:_SHOWN]),
    )
    return GateError(f"{name} is not good enough: {failed}", where=where, fix=fix, repair=judged.repair, refused=shown)


def _kept(judged: Judged) -> dict[str, list[str]]:
    return (judged.built.quantization or {}).get("kept_float") or {}


def _worst(judged: Judged, layer: Layer, in_float: bool) -> WorstTensor:
    inputs = None if layer.inputs_db >= EXACT_DB else layer.inputs_db
    target, line = judged.built.target, None
    if in_float:
        cure = "it is in float already: mend what its inputs lose"
    elif judged.built.quantization is not None:
        cure, line = "compute it in float", ("quantize.keep_float", layer.origin)
    elif target.half:
        cure, line = "compute it in float32", ("half.keep_float", layer.origin)
    else:
        cure = "choose a target that does not round"
    name = f"{layer.maker.partition(' ')[0]} {layer.origin}" if layer.origin else layer.maker
    return WorstTensor(name, layer.agreement.snr_db, inputs, cure, line if layer.origin else None)


def _advice(judged: Judged) -> str:
    if judged.built.quantization is None and judged.built.target.rounds:
        return "this target rounds to 16 bits: export its float32 target, or relax [gates] knowingly"
    if judged.built.quantization is None:
        return "this target does not approximate: report this with the model and the versions"
    if judged.repair is not None:
        return (
            "calibrate on more images like the device's, allow more time (--max-slowdown), search on with "
            "--effort max, or relax [gates] knowingly"
        )
    return (
        "calibrate on more images like the device's, keep the nodes named above in float "
        "([quantize.keep_float] in the recipe), or relax [gates] knowingly"
    )
