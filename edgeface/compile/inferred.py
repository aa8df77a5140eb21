"""Results of contract inference from images, for the user and for the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeface.tasks.task import Inference
from edgeface.tasks.undeclared import Settled


def describe_inference(inferred: Inference, declared: bool) -> str:
    """One line: the inferred contract, or whether the declared one is confirmed."""
    if inferred.confidence == 0:
        return "contract: as declared; the images could not confirm it"
    if declared and set(inferred.margins) == {"color"}:
        return (
            f"contract: as declared; the images confirm its color order (confidence {inferred.confidence:.2f}); its "
            "decoder, mean and scale had no alternative to compare with"
        )
    word = "declared, and confirmed" if declared else "inferred"
    return f"contract: {word} on images among {inferred.summary}, confidence {inferred.confidence:.2f}"


def how_inferred(inferred: Inference, declared: Mapping[str, str]) -> dict[str, Any]:
    """For the manifest: how the contract was determined, and the confidence."""
    return {
        "how": "declared" if "variant" in declared else "inferred",
        "checked": inferred.confidence > 0,
        "compared": sorted(inferred.margins),
        "declared": dict(declared),
        "confidence": round(inferred.confidence, 3),
        **{f"{name}_margin": round(margin, 2) for name, margin in inferred.margins.items()},
    }


def describe_settled(settled: Settled) -> str:
    """A line for each field of an ONNX file's contract: its value, how it is known, and why."""
    lines = (f"  {each.field} {each.value}: {each.how}, {each.evidence}" for each in settled.verdicts)
    return "\n".join(("contract:", *lines))


def how_settled(settled: Settled, declared: bool) -> dict[str, Any]:
    """For the manifest: how each field was determined."""
    fields = {each.field: each.as_dict() for each in settled.verdicts}
    return {"how": "declared" if declared else "inferred", "checked": settled.checked, "fields": fields}
