"""Verdict of a certificate: a headline and a paragraph."""

from __future__ import annotations

from edgeface.core.certificate import STATES_EVIDENCE, Certificate
from edgeface.core.description import Verdict

_AGAIN = "Export it again with --calibration or --judge and a folder of"


def verdict(certificate: Certificate) -> Verdict:
    """Good enough, not judged, judged on too little to tell, or not good enough."""
    required = certificate.requirements
    failed = [requirement.what for requirement in required if requirement.missed]
    if failed:
        missed = f"{len(failed)} of {len(required)} requirements are missed: {'; '.join(failed)}"
        told = tuple(f"{each.what}: {each.measured}, required {each.limit}" for each in required if each.missed)
        return Verdict("bad", "NOT good enough", f"{missed}; compared with {certificate.reference}.", told)
    if not required:
        return Verdict("unsure", "NOT judged", _why_not_judged(certificate))
    if certificate.kind == "synthetic":
        return Verdict(
            "unsure",
            "Computes correctly – not validated on faces",
            f"{certificate.images} synthetic images judged it: they show that its numbers match those of "
            f"{certificate.reference} within {_count(len(required))}, but nothing about faces. {_AGAIN} images.",
        )
    if certificate.state == "unsure":
        return Verdict("unsure", "Works – how well is not shown", _why_not_shown(certificate), _undecided(certificate))
    unrun = ""
    if certificate.engines is not None and "on_gpu" not in certificate.engines:
        unrun = " Its engines were built and not run: all numbers are of the ONNX that they are built from."
    return Verdict(
        "good",
        "Good enough",
        f"{_all(len(required))} met on {certificate.images} images, compared with {certificate.reference}.{unrun}",
    )


def _why_not_judged(certificate: Certificate) -> str:
    if certificate.thresholds.required():
        return (
            f"The gate of {certificate.target} only limits changed decisions on images, and {certificate.kind} images "
            f"have no decisions. {_AGAIN} images."
        )
    return (
        f"The recipe has no gate for {certificate.target}: the measurements are below, and no threshold judges them. "
        "Add [gates] to the recipe."
    )


def _why_not_shown(certificate: Certificate) -> str:
    if certificate.kind == "composed":
        return (
            f"It finds what fp32 finds on {certificate.images} images composed of the two sample photographs, which "
            f"do not show how accurate it is. {_AGAIN} images."
        )
    open_ones = [each for each in certificate.requirements if not each.met]
    if not open_ones:
        return (
            f"Its certificate has format {certificate.format}, which states no evidence (since format "
            f"{STATES_EVIDENCE} it does): judge it again with `edgeface parity`, or export it again."
        )
    if any(each.n == 0 for each in open_ones):
        return (
            f"fp32 itself finds nothing to compare on these {certificate.images} images: either they show no faces, "
            f"or the checkpoint or its contract is wrong. {_AGAIN} images of faces; `edgeface detect` shows what is "
            "found in one."
        )
    return (
        f"{certificate.images} images do not decide {len(open_ones)} of {len(certificate.requirements)} requirements. "
        f"{_AGAIN} more images of faces."
    )


def _undecided(certificate: Certificate) -> tuple[str, ...]:
    """What each undecided requirement lacks, those that lack the same together."""
    open_ones = [each for each in certificate.requirements if not each.met and each.n != 0]
    if certificate.kind == "composed":
        return ()
    wanting: dict[str, list[str]] = {}
    for each in open_ones:
        wanting.setdefault(str(each.unsure), []).append(each.what)
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in wanting.items())


def _all(requirements: int) -> str:
    return "Its one requirement is" if requirements == 1 else f"All {requirements} requirements are"


def _count(requirements: int) -> str:
    return "its one requirement" if requirements == 1 else f"its {requirements} requirements"
