"""Input images of a network, from files, as its task defines them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from edgeface.contracts import Contract
from edgeface.core.progress import note, track
from edgeface.errors import InputError
from edgeface.images.files import read_image
from edgeface.images.split import read_images
from edgeface.images.synthetic import synthetic_images
from edgeface.inference.detector import Detector
from edgeface.tasks import task_of
from edgeface.tasks.task import Image


def task_images(
    files: Sequence[Path],
    doing: str,
    contract: Contract,
    detector: Detector | None = None,
    others: Sequence[Path] = (),
) -> Iterator[Image]:
    """The input images of files in order, with progress; a note names how many show no face and are left out.

    Arguments and errors as of `numbered_images`.
    """
    return (image for _, image in numbered_images(files, doing, contract, detector, others))


def numbered_images(
    files: Sequence[Path],
    doing: str,
    contract: Contract,
    detector: Detector | None = None,
    others: Sequence[Path] = (),
    read: Callable[[Path], Image] = read_image,
) -> Iterator[tuple[int, Image]]:
    """The same with the indices of their files.

    Args:
        files: images; for a recognizer also aligned faces of its input's size or of 112×112 pixels.
        doing: the purpose, for messages, e.g. "calibrating".
        contract: of the network that they are for.
        detector: finds the faces, where a recognizer's file is not an aligned face.
        others: files used elsewhere; the error for unusable files covers them too.
        read: reads a file, right before its input image is yielded.

    Raises:
        InputError: files cannot be used, or show no aligned face and there is no detector.
    """
    faceless: list[str] = []
    found = subjects(files, doing, contract, detector, others, read)
    for index, (file, subject) in enumerate(zip(files, found, strict=True)):
        if subject is None:
            faceless.append(file.name)
        else:
            yield index, subject
    if files and len(faceless) == len(files):
        raise InputError("no image shows a face", where=doing, fix="use images of faces")
    if faceless:
        note(f"{doing}: {len(faceless)} of {len(files)} images show no face and were left out: {faceless[0]}, …")


def subjects(
    files: Sequence[Path],
    doing: str,
    contract: Contract,
    detector: Detector | None,
    others: Sequence[Path] = (),
    read: Callable[[Path], Image] = read_image,
) -> Iterator[Image | None]:
    """The input image of each file; None where it shows no face. Arguments as of `numbered_images`."""
    task, find = task_of(contract), None if detector is None else detector.detect
    for file, image in zip(files, read_images(files, doing, others, read), strict=True):
        yield task.subject(image, contract, find, str(file))


def synthetic_for(contract: Contract, count: int, doing: str, seed: int = 0) -> Iterator[Image]:
    """Synthetic images that fit the contract; they show no faces."""
    task = task_of(contract)
    for image in track(synthetic_images(count, seed), doing):
        yield task.fit(image, contract)
