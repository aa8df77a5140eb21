"""Histograms of a detector's scores: of matched faces by both networks, and of their changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeface.report.chart import Chart
from edgeface.report.face_sizes import score_change
from edgeface.report.histogram import Group, Row, Words, histogram
from edgeface.report.seen import SeenImage
from edgeface.tasks.detection.match import MIN_SCORE

LEAST_SPAN = 0.01
"""Half of the axis of score changes at least: changes of nothing look like nothing."""


def score_charts(images: Sequence[SeenImage], target: str) -> Iterator[Chart]:
    """Both charts; none where fewer than two faces are matched."""
    faces = [face for image in images for face in image.faces if score_change(face)]
    first, second = ([face.scores[side] or 0.0 for face in faces] for side in (0, 1))
    changes = [change for face in faces for change in score_change(face)]
    if len(changes) < 2:
        return
    scores = histogram(
        Words(
            "Scores of matched faces",
            "score",
            f"Scores of {len(faces)} faces that both find: mean {_mean(first):.3f} by fp32, {_mean(second):.3f} by "
            f"{target}.",
        ),
        (Row("fp32", (Group("plain", "fp32", first),)), Row(target, (Group("own", target, second),))),
        (MIN_SCORE, 1.0),
    )
    span = max(LEAST_SPAN, *map(abs, changes))
    moved = histogram(
        Words(
            "Score changes of matched faces",
            f"score of {target} less score of fp32",
            f"Score changes of {len(changes)} faces: mean {_mean(changes):+.4f}, from {min(changes):+.4f} to "
            f"{max(changes):+.4f}.",
        ),
        (Row("", (Group("own", target, changes),), ((0.0, "no change"),)),),
        (-span, span),
    )
    yield from (chart for chart in (scores, moved) if chart is not None)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
