"""Verdict of a certificate: a headline and a paragraph."""

from __future__ import annotations

from edgeface.core.certificate import Certificate
from edgeface.core.description import Verdict


def verdict(certificate: Certificate) -> Verdict:
    """Good enough, not judged, judged on synthetic or composed images only, or not good enough."""
    required = certificate.requirements
    failed = [requirement.what for requirement in required if not requirement.met]
    if failed:
        missed = f"{len(failed)} of {len(required)} requirements are missed: {'; '.join(failed)}"
        return Verdict("bad", "NOT good enough", f"{missed}; compared with {certificate.reference}.")
    if not required:
        return Verdict("unsure", "NOT judged", _why_not_judged(certificate))
    if certificate.kind == "synthetic":
        return Verdict(
            "unsure",
            "Computes correctly – not validated on faces",
            f"{certificate.images} synthetic images judged it: they show that its numbers match those of "
            f"{certificate.reference} within {_count(len(required))}, but nothing about faces. Export it again "
            "with --calibration or --judge and a folder of images.",
        )
    if certificate.kind == "composed":
        return Verdict(
            "unsure",
            "Works – how well is not shown",
            f"{_all(len(required))} met on {certificate.images} images composed of the two sample photographs: they "
            "show that it finds what fp32 finds there, but not how accurate it is. Export it again with --calibration "
            "or --judge and a folder of images.",
        )
    unrun = ""
    if certificate.engines is not None and "on_gpu" not in certificate.engines:
        unrun = " Its engines were built and not run: all numbers are of the ONNX that they are built from."
    return Verdict(
        "good",
        "Good enough",
        f"{_all(len(required))} met on {certificate.images} images, compared with {certificate.reference}.{unrun}",
    )


def _why_not_judged(certificate: Certificate) -> str:
    if certificate.thresholds.model_dump(exclude_none=True):
        return (
            f"The gate of {certificate.target} only limits changed decisions on images, and {certificate.kind} images "
            "have no decisions. Export it again with --calibration or --judge and a folder of images."
        )
    return (
        f"The recipe has no gate for {certificate.target}: the measurements are below, and no threshold judges them. "
        "Add [gates] to the recipe."
    )


def _all(requirements: int) -> str:
    return "Its one requirement is" if requirements == 1 else f"All {requirements} requirements are"


def _count(requirements: int) -> str:
    return "its one requirement" if requirements == 1 else f"its {requirements} requirements"
