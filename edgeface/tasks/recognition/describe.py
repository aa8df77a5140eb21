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
    verified = (decisions.get("verification") or {}).get("candidate", {})
    folds = verified.get("fold_accuracy")
    if folds is not None:
        low, high = _widest(folds["intervals"])
        pairs = f"{verified['pairs']['same']} pairs of one person" if "pairs" in verified else "the pairs given"
        return Tile("verification", f"{folds['mean']:.2%}", f"by folds, {low:.1%}–{high:.1%} (95 %), on {pairs}")
    if decisions.get("mean_cosine") is None:
        return None
    note = f"to fp32, of {decisions['faces']} faces; minimum {decisions['min_cosine']:.4f}"
    return Tile("mean cosine", f"{decisions['mean_cosine']:.4f}", note)


def _tables(decisions: Mapping[str, Any]) -> Iterator[Table]:
    if decisions.get("mean_cosine") is not None:
        yield _embeddings(decisions)
    if "verification" in decisions:
        yield _verification(decisions["verification"], decisions["threshold"])


def _embeddings(found: Mapping[str, Any]) -> Table:
    ends = found.get("mean_cosine_interval")
    rows = (
        ("faces", str(found["faces"]), ""),
        ("mean cosine to fp32", f"{found['mean_cosine']:.6f}", f"{ends[0]:.6f}–{ends[1]:.6f}" if ends else ""),
        ("minimum cosine", f"{found['min_cosine']:.6f}", ""),
    )
    return Table("Embeddings", ("", "measured", "95 % interval"), rows)


def _verification(found: Mapping[str, Any], threshold: float) -> Table:
    first, second, change = found["reference"], found["candidate"], found["change"]
    rows: list[tuple[str, ...]] = []
    if change["accuracy"] is not None:
        before, after = (_rate(side["fold_accuracy"]["mean"], side["fold_accuracy"]) for side in (first, second))
        rows.append(("accuracy by folds", before, after, _change(change["accuracy"])))
    before, after = (_rate(side["tar_at_far"]["tar"], side["tar_at_far"]) for side in (first, second))
    rows.append((f"TAR at FAR {second['tar_at_far']['far']:g}", before, after, _change(change["tar"])))
    changed = found.get("changed_verdicts")
    if changed is not None:
        beside = f"{changed['by_noise']} by moving one face by a pixel" if "by_noise" in changed else ""
        rows.append(("changed verdicts", "", str(changed["by_artifact"]), beside))
    rows.append(("threshold to use", "", f"{threshold:.4f}", f"by {found['threshold_basis']}"))
    header = ("", "fp32", "artifact", "change in points, 95 % interval")
    return Table(_caption(second), header, tuple(rows))


def _caption(side: Mapping[str, Any]) -> str:
    pairs, caution = side.get("pairs"), side["tar_at_far"]["caution"]
    counted = f"{pairs['same']} pairs of one person, {pairs['different']} of two" if pairs else "the pairs given"
    return f"Verification on {counted}" + (f". Caution: {caution}" if caution else "")


def _rate(value: float, side: Mapping[str, Any]) -> str:
    low, high = _widest(side["intervals"])
    return f"{value:.2%} [{100 * low:.2f}, {100 * high:.2f}]"


def _widest(intervals: Mapping[str, Any]) -> tuple[float, float]:
    """The interval over persons where they are known, else over pairs."""
    low, high = intervals.get("persons") or intervals["pairs"]
    return low, high


def _change(found: Mapping[str, float]) -> str:
    return f"{100 * found['value']:+.2f} [{100 * found['low']:+.2f}, {100 * found['high']:+.2f}]"
