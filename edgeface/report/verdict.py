"""What a certificate comes down to, in one line and in one paragraph."""

from __future__ import annotations

from typing import Any

from edgeface.report.page import Mark, Table, Tile, Verdict


def verdict(certificate: dict[str, Any]) -> Verdict:
    """Good enough, not judged, judged on drawn pictures only, or not good enough."""
    demands, target = certificate["demands"], certificate["target"]
    failed = [demand["what"] for demand in demands if not demand["met"]]
    if failed:
        return Verdict(
            "bad",
            "NOT good enough",
            f"{len(failed)} of {len(demands)} demands are missed: {'; '.join(failed)}. No artifact was written.",
        )
    if not demands:
        return Verdict(
            "unsure",
            "NOT judged",
            f"No gate demands anything of {target}: what was measured is below, and nobody has said what is enough. "
            "Add [gates] to the recipe.",
        )
    if certificate["kind"] == "drawn":
        return Verdict(
            "unsure",
            "Computes as it should – not proven on faces",
            f"{certificate['pictures']} drawn pictures judged it: they show that its numbers are those of "
            f"{certificate['reference']} within {_count(len(demands))}, and nothing about faces. Export it again with "
            "--calibration or --judge and a folder of photographs.",
        )
    if certificate["kind"] != "photographs":
        return Verdict(
            "unsure",
            "Works – how well is not shown",
            f"{_all(len(demands))} met on {certificate['pictures']} pictures composed of two photographs: they show "
            "that it finds what fp32 finds there, and not how good it is. Export it again with --calibration or "
            "--judge and a folder of photographs.",
        )
    engines = certificate.get("engines")
    unrun = ""
    if engines is not None and "on_gpu" not in engines:
        unrun = " Its engines were built and not run: all numbers are of the ONNX that they are built from."
    return Verdict(
        "good",
        "Good enough",
        f"{_all(len(demands))} met on {certificate['pictures']} photographs, compared with "
        f"{certificate['reference']}.{unrun}",
    )


def demands(certificate: dict[str, Any]) -> Table | None:
    """What was demanded and measured; None where nothing was."""
    rows = tuple(
        (d["what"], d["limit"], d["measured"], Mark("met", "good") if d["met"] else Mark("missed", "bad"))
        for d in certificate["demands"]
    )
    return Table("What was demanded", ("demand", "limit", "measured", ""), rows, left=4) if rows else None


def accuracy(certificate: dict[str, Any]) -> Tile | None:
    """The one figure that says most about an artifact's decisions; None where it has judged none."""
    found = certificate["decisions"]
    if found is None:
        return None
    if "mean_cosine" in found:
        verified = (found.get("verification") or {}).get("candidate", {}).get("fold_accuracy")
        if verified is not None:
            return Tile("verification", f"{verified['mean']:.2%}", "accuracy by folds on the pairs given")
        note = f"to fp32, of {found['faces']} faces; least {found['min_cosine']:.4f}"
        return Tile("mean cosine", f"{found['mean_cosine']:.4f}", note)
    if "average_precision" in found and "matched_percent" not in found:
        return None
    return Tile(
        "faces matched",
        f"{found['matched_percent']:.1f} %",
        f"of {found['reference_faces']} that fp32 finds; {found['missed']} missed, {found['extra']} extra",
    )


def _all(demands: int) -> str:
    return "Its one demand is" if demands == 1 else f"All {demands} demands are"


def _count(demands: int) -> str:
    return "its one demand" if demands == 1 else f"its {demands} demands"
