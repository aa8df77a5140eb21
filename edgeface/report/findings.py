"""A certificate's measurements as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeface.core.description import Table


def findings(certificate: dict[str, Any]) -> tuple[Table, ...]:
    """Decisions, tensors, kernels and engines, as far as they were measured."""
    return tuple(_tables(certificate))


def notes(certificate: dict[str, Any]) -> tuple[str, ...]:
    """What the tables do not say: whether engines ran, and where."""
    engines = certificate.get("engines")
    if not engines:
        return ()
    run = str(engines["run"])
    return (f"The engine ran on {run}." if "on_gpu" in engines else f"{run[:1].upper()}{run[1:]}.",)


def _tables(certificate: dict[str, Any]) -> Iterator[Table]:
    decisions = certificate["decisions"] or {}
    if "reference_faces" in decisions:
        yield _faces(decisions)
    if "mean_cosine" in decisions:
        rows = [("faces", str(decisions["faces"]))]
        rows += [("mean cosine to fp32", f"{decisions['mean_cosine']:.6f}")]
        rows += [("least cosine", f"{decisions['min_cosine']:.6f}")]
        yield Table("Embeddings", ("", "measured"), tuple(rows))
    if "average_precision" in decisions:
        yield _precision(decisions["average_precision"])
    if "verification" in decisions:
        yield _verification(decisions["verification"], decisions["threshold"])
    if (decisions.get("identity") or {}).get("faces"):
        yield _identity(decisions["identity"])
    yield _tensors(certificate["tensors"])
    yield from _kernels(certificate.get("kernels") or {})
    if certificate.get("engines"):
        yield from _engines(certificate["engines"])


def _faces(found: dict[str, Any]) -> Table:
    overlap = "–" if found["mean_iou"] is None else f"{found['mean_iou']:.4f}"
    rows = (
        ("faces that fp32 finds", "at a score of 0.5 or more", str(found["reference_faces"])),
        ("matched", "at an overlap (IoU) of 0.5 or more", f"{found['matched']} ({found['matched_percent']:.2f} %)"),
        ("missed", f"{found['missed_by_score']} of them seen below the score", str(found["missed"])),
        ("extra", f"{found['extra_by_score']} of them seen below it by fp32", str(found["extra"])),
        ("mean score change", "of matched faces", f"{found['mean_score_change']:.4f}"),
        ("mean landmark error", "of the face's size", f"{found['mean_landmark_error_percent']:.2f} %"),
        ("mean overlap", "IoU of matched faces", overlap),
    )
    return Table("Faces, against fp32", ("", "which is", "measured"), rows, left=2)


def _precision(found: dict[str, Any]) -> Table:
    rows = tuple(
        (name, f"{found['reference'][name]:.3f}", f"{value:.3f}", f"{100 * (value - found['reference'][name]):+.2f}")
        for name, value in found["candidate"].items()
    )
    caption = f"Average precision on {found['images']} images with {found['labels']}"
    return Table(caption, ("faces", "fp32", "artifact", "change in points"), rows)


def _verification(found: dict[str, Any], threshold: float) -> Table:
    first, second, change = found["reference"], found["candidate"], found["change"]
    rows: list[tuple[str, ...]] = []
    if change["accuracy"] is not None:
        rows.append(
            (
                "accuracy by folds",
                f"{first['fold_accuracy']['mean']:.2%}",
                f"{second['fold_accuracy']['mean']:.2%}",
                _change(change["accuracy"]),
            )
        )
    rate = second["tar_at_far"]
    rows.append(
        (
            f"TAR at FAR {rate['far']:g}",
            f"{first['tar_at_far']['tar']:.2%}",
            f"{rate['tar']:.2%}",
            _change(change["tar"]),
        )
    )
    rows.append(("threshold to use", "", f"{threshold:.4f}", f"by {found['threshold_basis']}"))
    return Table(
        "Verification on the pairs given", ("", "fp32", "artifact", "change in points, 95 % interval"), tuple(rows)
    )


def _change(found: dict[str, float]) -> str:
    return f"{100 * found['value']:+.2f} [{100 * found['low']:+.2f}, {100 * found['high']:+.2f}]"


def _identity(found: dict[str, Any]) -> Table:
    rows = (
        ("faces", str(found["faces"])),
        ("mean cosine", f"{found['mean_cosine']:.4f}"),
        ("one in twenty below", f"{found['p5_cosine']:.4f}"),
        ("least", f"{found['min_cosine']:.4f}"),
    )
    return Table("What the landmark errors cost in identity", ("", "measured"), rows)


def _tensors(found: dict[str, Any]) -> Table:
    rows = tuple(
        (name, _number(item["snr_db"], ".1f"), _number(item["max_abs"], ".2g"), _number(item["cosine"], ".6f"))
        for name, item in found.items()
    )
    return Table("Outputs, against fp32", ("output", "SNR dB", "largest difference", "cosine"), rows)


def _number(value: float | None, form: str) -> str:
    """A number, or what a number that was not finite became."""
    return "not finite" if value is None else format(value, form)


def _kernels(found: dict[str, Any]) -> Iterator[Table]:
    facts = [("operators", str(sum((found.get("operators") or {}).values())))]
    facts += [("transposes", str(found["transposes"]))] if "transposes" in found else []
    if "partitions" in found:
        left = ", ".join(f"{count} × {name}" for name, count in found["not_delegated"].items()) or "nothing"
        facts += [("XNNPACK partitions", str(found["partitions"])), ("left to TFLite's own kernels", left)]
    if "optimized" in found:
        taken = found["optimized"]
        facts.append(("convolutions in integers", str(taken["convolutions_in_integers"])))
        facts.append(("convolutions in float", str(taken["convolutions_in_float"])))
    yield Table("How the runtime takes it", ("", "found"), tuple(facts), left=1)


def _engines(found: dict[str, Any]) -> Iterator[Table]:
    rows = []
    for tag, facts in found["precision"].items():
        types = ", ".join(f"{count} {name}" for name, count in facts["convolutions"].items()) or "none"
        rows.append((f"model.{tag}.engine", types, str(facts["layers"]), str(facts["reformats"])))
    header = ("engine", "convolutions and products in", "layers", "of them reformats")
    yield Table("TensorRT engines", header, tuple(rows), left=2)
