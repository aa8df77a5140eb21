"""The same images on every target of a model: those on which any target differs most from fp32."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgeface.report.page import Box, Kind
from edgeface.report.seen import Edges, Picture, Seen, SeenFace, SeenImage

MOST_SCENES, MOST_CARDS = 3, 8
REFERENCE = "fp32"
_KINDS: Mapping[str, Kind] = {
    **{"same": "same", "moved": "moved", "missed": "missed"},
    **{"lost": "missed", "extra": "extra", "new": "extra"},
}


@dataclass(frozen=True)
class Side:
    """An image on one target, or in fp32: what differs in words, the marked faces, and whether anything does."""

    target: str
    summary: str
    alt: str
    boxes: tuple[Box, ...] = ()
    differs: bool = False


@dataclass(frozen=True)
class SameImage:
    """An image with its sides, fp32's first; `picture` is the digest by which the page has its pixels."""

    name: str
    picture: str
    width: int
    height: int
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class SameImages:
    """A model's images on all its targets. Without faces to mark they are shown as `cards`."""

    model: str
    lead: str
    images: tuple[SameImage, ...]
    pictures: Mapping[str, Picture]
    cards: bool


def same_images(model: str, seen: Sequence[tuple[str, Seen]]) -> SameImages | None:
    """The images on which any target differs most, of those that most targets were judged on.

    Args:
        model: its name.
        seen: the record of each target, by its displayed name.

    Returns:
        None where there are fewer than two records, or no picture of an image in any.
    """
    if len(seen) < 2:
        return None
    found = [(target, {image.digest: image for image in record.images}) for target, record in seen]
    judged = {digest for _, images in found for digest in images}
    pictures = {key: shown for _, record in seen for key, shown in record.pictures.items() if key in judged}
    if not pictures:
        return None
    cards = not any(image.faces for _, images in found for image in images.values())
    order = sorted(pictures, key=lambda digest: _rank(digest, [images for _, images in found]))
    chosen = order[: MOST_CARDS if cards else MOST_SCENES]
    shown = tuple(_image(digest, pictures[digest], found) for digest in chosen)
    return SameImages(model, _lead(len(chosen), cards), shown, {digest: pictures[digest] for digest in chosen}, cards)


def _lead(count: int, cards: bool) -> str:
    what = "each with its figure on every target" if cards else "each once in fp32 and once on every target"
    named = "The image" if count == 1 else f"The {count} images"
    return f"{named} on which any target differs most from fp32, {what}."


def _rank(digest: str, judged: Sequence[Mapping[str, SeenImage]]) -> tuple[int, tuple[float, ...], str]:
    """Most targets first, then the largest difference on any."""
    found = [images[digest].severity for images in judged if digest in images]
    return -len(found), tuple(-value for value in max(found)), digest


def _image(digest: str, picture: Picture, found: Sequence[tuple[str, Mapping[str, SeenImage]]]) -> SameImage:
    known = [images[digest] for _, images in found if digest in images]
    name = next((image.name for image in known if image.name), f"image {digest[:8]}")
    sides = [_side(target, images.get(digest), name) for target, images in found]
    reference = [_reference(known[0], name)] if known[0].faces else []
    return SameImage(name, digest, picture.width, picture.height, (*reference, *sides))


def _reference(image: SeenImage, name: str) -> Side:
    faces = [face for face in image.faces if face.name not in {"extra", "new"}]
    boxes = tuple(_box("same", face.reference, image) for face in faces if face.reference is not None)
    words = f"{len(boxes)} face{'s' if len(boxes) != 1 else ''}"
    return Side(REFERENCE, words, f"{name} with the {words} that {REFERENCE} finds", boxes)


def _side(target: str, image: SeenImage | None, name: str) -> Side:
    if image is None:
        return Side(target, "not judged on it", f"{name}, on which {target} was not judged")
    if image.figure is not None:
        return Side(target, f"{image.figure:.4f}", f"{name}: {image.figure:.4f} on {target}")
    words, boxes = difference_words(image.faces), tuple(_boxes(image))
    return Side(target, words, f"{name} on {target}: {words}", boxes, any(face.name != "same" for face in image.faces))


def difference_words(faces: Sequence[SeenFace]) -> str:
    """How many faces differ, by how, e.g. "1 lost, 2 moved; 4 of 7 are the same"."""
    names = [face.name for face in faces]
    counts = {name: names.count(name) for name in ("lost", "missed", "new", "extra", "moved")}
    differing = [f"{count} {name}" for name, count in counts.items() if count]
    if not names:
        return "neither finds a face"
    if not differing:
        return "all the same"
    return f"{', '.join(differing)}; {names.count('same')} of {len(names)} are the same"


def _boxes(image: SeenImage) -> Iterator[Box]:
    for face in image.faces:
        kind = _KINDS[face.name]
        edges = face.reference if kind == "missed" else face.candidate
        if edges is not None:
            yield _box(kind, edges, image)


def _box(kind: Kind, edges: Edges, image: SeenImage) -> Box:
    left, top, right, bottom = edges
    across, down = 100 / image.width, 100 / image.height
    placed = (left * across, top * down, (right - left) * across, (bottom - top) * down)
    x, y, wide, high = (round(value, 2) for value in placed)
    return Box(kind, x, y, wide, high)
