"""Tables of what was measured of a recognizer's decisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeface.core.description import Table, Tile


def embedding_tables(decisions: Mapping[str, Any]) -> tuple[Table, ...]:
    """Tables of a certificate's `decisions`, one for each part that was measured."""
    return tuple(_tables(decisions))


def cosine_tile(decisions: Mapping[str, Any]) -> Tile | None:
    """Accuracy on pairs where they were given, else the mean cosine; None where neither was measured."""
    verified = (decisions.get("verification") or {}).get("candidate", {}).get("fold_accuracy")
    if verified is not None:
        return Tile("verification", f"{verified['mean']:.2%}", "accuracy by folds on the pairs given")
    if "mean_cosine" not in decisions:
        return None
    note = f"to fp32, of {decisions['faces']} faces; minimum {decisions['min_cosine']:.4f}"
    return Tile("mean cosine", f"{decisions['mean_cosine']:.4f}", note)


def _tables(decisions: Mapping[str, Any]) -> Iterator[Table]:
    if "mean_cosine" in decisions:
        yield _embeddings(decisions)
    if "verification" in decisions:
        yield _verification(decisions["verification"], decisions["threshold"])


def _embeddings(found: Mapping[str, Any]) -> Table:
    rows = (
        ("faces", str(found["faces"])),
        ("mean cosine to fp32", f"{found['mean_cosine']:.6f}"),
        ("minimum cosine", f"{found['min_cosine']:.6f}"),
    )
    return Table("Embeddings", ("", "measured"), rows)


def _verification(found: Mapping[str, Any], threshold: float) -> Table:
    first, second, change = found["reference"], found["candidate"], found["change"]
    rows: list[tuple[str, ...]] = []
    if change["accuracy"] is not None:
        before, after = (f"{side['fold_accuracy']['mean']:.2%}" for side in (first, second))
        rows.append(("accuracy by folds", before, after, _change(change["accuracy"])))
    rate = second["tar_at_far"]
    before, after = f"{first['tar_at_far']['tar']:.2%}", f"{rate['tar']:.2%}"
    rows.append((f"TAR at FAR {rate['far']:g}", before, after, _change(change["tar"])))
    rows.append(("threshold to use", "", f"{threshold:.4f}", f"by {found['threshold_basis']}"))
    header = ("", "fp32", "artifact", "change in points, 95 % interval")
    return Table("Verification on the pairs given", header, tuple(rows))


def _change(found: Mapping[str, float]) -> str:
    return f"{100 * found['value']:+.2f} [{100 * found['low']:+.2f}, {100 * found['high']:+.2f}]"
