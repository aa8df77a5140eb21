"""Findings of a comparison as text, for every command that shows them."""

from __future__ import annotations

from typing import Any

from edgeface.cli.table import format_table

_KINDS = {
    "images": "images",
    "composed": "images composed of two images, which show that it works and not how good it is",
    "synthetic": "synthetic images, which say nothing about faces",
}


def format_findings(document: dict[str, Any]) -> str:
    """Requirements, decisions, tensors, then engines, of a certificate or of a parity report as dictionaries."""
    parts = [_verdict(document)]
    if document["requirements"]:
        rows = [(d["what"], d["limit"], d["measured"], "yes" if d["met"] else "NO") for d in document["requirements"]]
        parts.append(format_table(("requirement", "limit", "measured", "met"), rows, left=4))
    if document["decisions"] is not None:
        parts.append(_decisions(document["decisions"]))
    rows = [
        (n, f"{t['snr_db']:.1f}", f"{t['max_abs']:.2g}", f"{t['cosine']:.6f}") for n, t in document["tensors"].items()
    ]
    parts.append(format_table(("output", "SNR dB", "largest difference", "cosine"), rows))
    if document.get("engines"):
        parts += _engines(document["engines"])
    return "\n\n".join(parts)


def _engines(found: dict[str, Any]) -> list[str]:
    """A line for each engine file with the types that its layers compute in, and where it ran or why it did not."""
    header = ("engine", "convolutions and matrix products in", "layers", "of them reformats")
    rows = []
    for tag, facts in found["precision"].items():
        types = ", ".join(f"{name} {count}" for name, count in facts["convolutions"].items())
        rows.append((f"model.{tag}.engine", types or "none", str(facts["layers"]), str(facts["reformats"])))
    run = found["run"]
    return [format_table(header, rows, left=2), f"engine run on {run}" if "on_gpu" in found else run]


def _verdict(document: dict[str, Any]) -> str:
    kind = _KINDS[document["kind"]]
    verdict = "good enough" if document["passed"] else "NOT good enough"
    if not document["requirements"]:
        verdict = "NOT judged, for no gate requires anything"
    return f"{verdict}: compared with {document['reference']} on {document['images']} {kind}"


def _verification(found: dict[str, Any], threshold: float) -> str:
    tar, accuracy = found["change"]["tar"], found["change"]["accuracy"]
    folds = (
        ""
        if accuracy is None
        else f"accuracy {found['candidate']['fold_accuracy']['mean']:.2%} ({100 * accuracy['value']:+.2f} points "
        f"[{100 * accuracy['low']:+.2f}, {100 * accuracy['high']:+.2f}] to the reference), "
    )
    rate = found["candidate"]["tar_at_far"]
    return (
        f"pairs: {folds}TAR at FAR {rate['far']:g} {rate['tar']:.2%} "
        f"({100 * tar['value']:+.2f} points [{100 * tar['low']:+.2f}, {100 * tar['high']:+.2f}]); "
        f"threshold to use {threshold:.4f}, by {found['threshold_basis']}\n"
    )


def _decisions(found: dict[str, Any]) -> str:
    if "mean_cosine" in found:
        verified = _verification(found["verification"], found["threshold"]) if "verification" in found else ""
        return verified + (
            f"embeddings of {found['faces']} faces: cosine to the reference {found['mean_cosine']:.5f} on average, "
            f"{found['min_cosine']:.5f} at least"
        )
    if "reference_faces" not in found:
        return _precision(found.get("average_precision")).rstrip()
    return (
        _precision(found.get("average_precision"))
        + _identity(found.get("identity"))
        + (
            f"faces of the reference at score ≥ 0.5: {found['reference_faces']}; "
            f"matched {found['matched_percent']:.2f} %, missed {found['missed']} "
            f"({found['missed_by_score']} of them seen below the threshold), extra {found['extra']} "
            f"({found['extra_by_score']} of them seen below it by the reference); "
            f"mean score change {found['mean_score_change']:.4f}, "
            f"mean landmark error {found['mean_landmark_error_percent']:.2f} % of the face's size"
        )
    )


def _precision(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    each = ", ".join(
        f"{name} {value:.3f} (was {found['reference'][name]:.3f})" for name, value in found["candidate"].items()
    )
    return f"average precision on {found['images']} images with {found['labels']}: {each}\n"


def _identity(found: dict[str, Any] | None) -> str:
    if found is None or not found["faces"]:
        return ""
    return (
        f"identity of {found['faces']} faces aligned by its landmarks: cosine to the reference's "
        f"{found['mean_cosine']:.4f} on average, {found['p5_cosine']:.4f} for one in twenty, {found['min_cosine']:.4f} "
        "at least\n"
    )
