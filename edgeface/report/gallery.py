"""The images of a report, made of what the watcher saw."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from edgeface.contracts import DetectionContract, RecognitionContract
from edgeface.report.crop import Crop
from edgeface.report.differences import Difference, differences
from edgeface.report.embed_image import data_uri
from edgeface.report.page import Box, CloseUp, FaceCard, Gallery, Image, Kind, Scene
from edgeface.report.watch import Sight, Watcher
from edgeface.tasks.detection.faces import Face

FACE_PX = 112
_SIGNS: dict[Kind, str] = {"missed": "✕ missed", "extra": "+ extra", "moved": "→ moved", "same": ""}


def gallery(watcher: Watcher, names: Sequence[str], target: str) -> Gallery:
    """The worst images, and a typical one.

    Args:
        watcher: looked on while the artifact was proven.
        names: of the images in their order, as they are to be shown; empty where they are not known.
        target: the artifact's.
    """
    if not watcher.images:
        return Gallery("", missing="Left out, as --no-images asks.")
    worst, typical = watcher.chosen()
    if not worst:
        return Gallery(
            "", missing="None: synthetic images judged it, which show no faces. Pass --calibration or --judge a folder."
        )
    chosen = [(sight, _rank(number, watcher.count)) for number, sight in enumerate(worst, start=1)]
    if typical is not None:
        chosen.append((typical, "Typical"))
    known = names if len(names) == watcher.count else ()
    if isinstance(watcher.contract, RecognitionContract):
        lead = (
            f"Of {watcher.count} aligned faces those whose embedding moved furthest, and a typical one. A cosine of 1 "
            "says that the artifact and fp32 see the very same face."
        )
        return Gallery(lead, faces=tuple(_card(sight, why, known) for sight, why in chosen))
    assert isinstance(watcher.contract, DetectionContract)
    lead = (
        f"Of {watcher.count} images those with the largest differences, and a typical one. Left what fp32 finds, "
        f"right what {target} finds, both at a score of 0.5 or more."
    )
    return Gallery(lead, scenes=tuple(_scene(sight, why, known, target) for sight, why in chosen))


def _rank(number: int, count: int) -> str:
    return f"Largest difference of {count}" if number == 1 else f"Largest differences, no. {number}"


def _name(sight: Sight, names: Sequence[str]) -> str:
    return names[sight.index] if names else f"image {sight.index + 1}"


def _card(sight: Sight, why: str, names: Sequence[str]) -> FaceCard:
    height, width = sight.image.shape[:2]
    size = (max(1, round(width * FACE_PX / height)), FACE_PX)
    shown = np.asarray(cv2.resize(sight.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    title = _name(sight, names)
    cosine = f"{-sight.severity[0]:.4f}"
    image = Image(title, data_uri(shown), size[0], size[1], f"Aligned face {title}, cosine {cosine}")
    return FaceCard(image, cosine, why)


def _scene(sight: Sight, why: str, names: Sequence[str], target: str) -> Scene:
    found = differences(sight.reference, sight.candidate)
    title, uri = _name(sight, names), data_uri(sight.image)
    images = (
        _image(sight, "fp32", uri, title, [_on_reference(item, sight.shape) for item in found]),
        _image(sight, target, uri, title, [_on_candidate(item, sight.shape) for item in found]),
    )
    return Scene(title, why, images, tuple(_closeup(item, title) for item in sight.closeups), _told(found))


def _told(found: Sequence[Difference]) -> str:
    """How many faces agree, and what of the others."""
    if not found:
        return "Neither finds a face."
    counts = {kind: sum(item.kind == kind for item in found) for kind in ("missed", "extra", "moved")}
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
    """A face on fp32's side; what only the artifact finds is not there."""
    if item.kind == "extra" or item.reference is None:
        return None
    return _box(item.kind, item.reference, shape, "" if item.kind == "same" else f"{item.reference.score:.2f}")


def _on_candidate(item: Difference, shape: tuple[int, int]) -> Box:
    """A face on the artifact's side; where it misses one, the place is marked."""
    face = item.reference if item.kind == "missed" else item.candidate
    assert face is not None
    return _box(item.kind, face, shape, _SIGNS[item.kind])


def _box(kind: Kind, face: Face, shape: tuple[int, int], label: str) -> Box:
    x1, y1, x2, y2 = face.box
    height, width = shape
    across, down = 100 / width, 100 / height
    place = (x1 * across, y1 * down, (x2 - x1) * across, (y2 - y1) * down)
    left, top, wide, high = (round(value, 2) for value in place)
    return Box(kind, left, top, wide, high, label)
