"""The figures of a recognizer's decisions that a verdict rests on, each with its cases and interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgeface.core.description import Figure


def embedding_figures(decisions: Mapping[str, Any]) -> tuple[Figure, ...]:
    """Those of a certificate's `decisions` that were measured."""
    return tuple(_figures(decisions))


def _figures(found: Mapping[str, Any]) -> Iterator[Figure]:
    if found.get("mean_cosine") is not None:
        ends = found.get("mean_cosine_interval")
        span = f"{ends[0]:.4f}–{ends[1]:.4f}" if ends else ""
        yield Figure("mean cosine to fp32", f"{found['mean_cosine']:.4f}", f"{found['faces']} faces", span)
    verified = found.get("verification")
    if verified is not None:
        yield from _verification(verified)


def _verification(found: Mapping[str, Any]) -> Iterator[Figure]:
    """Accuracy and its change, and the true accept rate's."""
    candidate, change = found["candidate"], found["change"]
    pairs = candidate.get("pairs")
    cases = f"{pairs['same'] + pairs['different']} pairs" if pairs else "the pairs given"
    folds = candidate.get("fold_accuracy")
    if folds is not None:
        low, high = folds["intervals"].get("persons") or folds["intervals"]["pairs"]
        yield Figure("accuracy by folds", f"{100 * folds['mean']:.2f} %", cases, f"{100 * low:.2f}–{100 * high:.2f} %")
    if change["accuracy"] is not None:
        yield Figure("points of accuracy, against fp32", *_points(change["accuracy"], cases))
    if candidate["tar_at_far"]["caution"] is None:
        far = candidate["tar_at_far"]["far"]
        yield Figure(f"points of TAR at FAR {far:g}, against fp32", *_points(change["tar"], cases))


def _points(found: Mapping[str, float], cases: str) -> tuple[str, str, str]:
    span = f"{100 * found['low']:+.2f} to {100 * found['high']:+.2f}"
    return f"{100 * found['value']:+.2f}", cases, span
