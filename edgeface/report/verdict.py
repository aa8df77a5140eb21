"""What a certificate comes down to, in one line and in one paragraph."""

from __future__ import annotations

from typing import Any

from edgeface.core.description import Mark, Table, Verdict


def verdict(certificate: dict[str, Any]) -> Verdict:
    """Good enough, not judged, judged on synthetic images only, or not good enough."""
    requirements, target = certificate["requirements"], certificate["target"]
    failed = [requirement["what"] for requirement in requirements if not requirement["met"]]
    if failed:
        return Verdict(
            "bad",
            "NOT good enough",
            f"{len(failed)} of {len(requirements)} requirements are missed: {'; '.join(failed)}. "
            "No artifact was written.",
        )
    if not requirements:
        return Verdict(
            "unsure",
            "NOT judged",
            f"No gate requires anything of {target}: what was measured is below, and nobody has said what is enough. "
            "Add [gates] to the recipe.",
        )
    if certificate["kind"] == "synthetic":
        return Verdict(
            "unsure",
            "Computes as it should – not proven on faces",
            f"{certificate['images']} synthetic images judged it: they show that its numbers are those of "
            f"{certificate['reference']} within {_count(len(requirements))}, and nothing about faces. Export it again "
            "with --calibration or --judge and a folder of images.",
        )
    if certificate["kind"] != "images":
        return Verdict(
            "unsure",
            "Works – how well is not shown",
            f"{_all(len(requirements))} met on {certificate['images']} images composed of two images: they show "
            "that it finds what fp32 finds there, and not how good it is. Export it again with --calibration or "
            "--judge and a folder of images.",
        )
    engines = certificate.get("engines")
    unrun = ""
    if engines is not None and "on_gpu" not in engines:
        unrun = " Its engines were built and not run: all numbers are of the ONNX that they are built from."
    return Verdict(
        "good",
        "Good enough",
        f"{_all(len(requirements))} met on {certificate['images']} images, compared with "
        f"{certificate['reference']}.{unrun}",
    )


def requirements(certificate: dict[str, Any]) -> Table | None:
    """What was required and measured; None where nothing was."""
    rows = tuple(
        (d["what"], d["limit"], d["measured"], Mark("met", "good") if d["met"] else Mark("missed", "bad"))
        for d in certificate["requirements"]
    )
    return Table("What was required", ("requirement", "limit", "measured", ""), rows, left=4) if rows else None


def _all(requirements: int) -> str:
    return "Its one requirement is" if requirements == 1 else f"All {requirements} requirements are"


def _count(requirements: int) -> str:
    return "its one requirement" if requirements == 1 else f"its {requirements} requirements"
