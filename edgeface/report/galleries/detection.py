"""Images with both detectors' faces, and close-ups of differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeface.core.description import Table
from edgeface.report.chart import Chart
from edgeface.report.crop import Crop, crop
from edgeface.report.differences import Difference, differences
from edgeface.report.embed_image import data_uri
from edgeface.report.face_record import face_record
from edgeface.report.face_sizes import size_table
from edgeface.report.galleries import Choice
from edgeface.report.page import Box, CloseUp, Gallery, Image, Kind, Scene
from edgeface.report.score_charts import score_charts
from edgeface.report.seen import SeenImage
from edgeface.report.sight import Sight, shrunk
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.task import View

CLOSEUPS = 4
_SIGNS: dict[Kind, str] = {"missed": "✕ ", "extra": "+ ", "moved": "→ "}


@dataclass(frozen=True)
class Scenes:
    """Each image twice: left with the reference's faces, right with the artifact's."""

    max_images: int = 3

    def sight(
        self,
        index: int,
        shown: View,
        severity: tuple[float, ...],
        reference: Sequence[Face],
        candidate: Sequence[Face],
    ) -> Sight:
        """The image, both lists of faces, and close-ups of the largest differences."""
        height, width = shown.image.shape[:2]
        crops = tuple(crop(shown.image, found) for found in differences(reference, candidate)[:CLOSEUPS])
        first, second = tuple(reference), tuple(candidate)
        return Sight(index, shrunk(shown.image), (height, width), severity, first, second, crops, bool(first))

    def record(
        self, shown: View, severity: tuple[float, ...], reference: Sequence[Face], candidate: Sequence[Face]
    ) -> SeenImage:
        """Every face that either finds."""
        return face_record(shown, severity, reference, candidate)

    def charts(self, images: Sequence[SeenImage], target: str) -> tuple[Chart, ...]:
        """Scores of matched faces, and their changes."""
        return tuple(score_charts(images, target))

    def tables(self, images: Sequence[SeenImage]) -> tuple[Table, ...]:
        """Faces by size."""
        found = size_table(images)
        return (found,) if found.rows else ()

    def gallery(self, chosen: Sequence[Choice], count: int, target: str) -> Gallery:
        """A scene for each."""
        lead = (
            f"Of {count} images, those with the largest differences, and a typical one. First: faces found by fp32; "
            f"second: by {target}; both at a score of 0.5 or more."
        )
        return Gallery(lead, scenes=tuple(_scene(choice, target) for choice in chosen))


GALLERY = Scenes()


def _scene(choice: Choice, target: str) -> Scene:
    sight, title = choice.sight, choice.title
    found, uri = differences(sight.reference, sight.candidate), data_uri(sight.image)
    images = (
        _image(sight, "fp32", uri, title, [_on_reference(item, sight.shape) for item in found]),
        _image(sight, target, uri, title, [_on_candidate(item, sight.shape) for item in found]),
    )
    return Scene(title, choice.why, images, tuple(_closeup(item, title) for item in sight.closeups), _summary(found))


def _summary(found: Sequence[Difference]) -> str:
    """How many faces agree, and how the others differ."""
    if not found:
        return "Neither finds a face."
    counts = {name: sum(item.name == name for item in found) for name in ("lost", "missed", "new", "extra", "moved")}
    differing = [f"{count} {kind}" for kind, count in counts.items() if count]
    if not differing:
        return "The one face is the same." if len(found) == 1 else f"All {len(found)} faces are the same."
    same = len(found) - sum(counts.values())
    return f"{', '.join(differing)}; {same} of {len(found)} faces are the same."


def _closeup(item: Crop, name: str) -> CloseUp:
    found = item.difference
    alt = f"Close-up of a face in {name}, {found.words}"
    side = len(item.image)
    image = Image(found.kind, data_uri(item.image), side, side, alt)
    reference, candidate = item.outline(found.reference), item.outline(found.candidate)
    return CloseUp(image, found.kind, reference, candidate, found.words)


def _image(sight: Sight, title: str, uri: str, name: str, boxes: Sequence[Box | None]) -> Image:
    height, width = sight.image.shape[:2]
    shown = tuple(box for box in boxes if box is not None)
    faces = sum(not (box.kind == "missed" and title != "fp32") for box in shown)
    differing = sum(box.kind != "same" for box in shown)
    alt = f"{name} with the {faces} faces that {title} finds"
    return Image(title, uri, width, height, f"{alt}, {differing} differences marked" if differing else alt, shown)


def _on_reference(item: Difference, shape: tuple[int, int]) -> Box | None:
    """A face on fp32's side; None for faces that only the artifact finds."""
    if item.kind == "extra" or item.reference is None:
        return None
    return _box(item.kind, item.reference, shape, "" if item.kind == "same" else f"{item.reference.score:.2f}")


def _on_candidate(item: Difference, shape: tuple[int, int]) -> Box:
    """A face on the artifact's side; missed faces are marked at fp32's position."""
    face = item.reference if item.kind == "missed" else item.candidate
    assert face is not None
    return _box(item.kind, face, shape, "" if item.kind == "same" else _SIGNS[item.kind] + item.name)


def _box(kind: Kind, face: Face, shape: tuple[int, int], label: str) -> Box:
    x1, y1, x2, y2 = face.box
    height, width = shape
    across, down = 100 / width, 100 / height
    percents = (x1 * across, y1 * down, (x2 - x1) * across, (y2 - y1) * down)
    left, top, wide, high = (round(value, 2) for value in percents)
    return Box(kind, left, top, wide, high, label)
