"""The split of images into calibration and evaluation sets, which never share an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.core.artifact import sha256_hex
from edgeface.core.progress import note, track
from edgeface.errors import InputError
from edgeface.images.duplicates import distinct
from edgeface.images.files import read_image
from edgeface.images.folder import image_name, list_images
from edgeface.reading.kinds import IMAGE
from edgeface.reading.regular_file import digest_file

LISTED_FAILURES = 8
CALIBRATION_SHARE = 0.6
"""The maximum share of a single folder that calibrates; the rest is for evaluation."""


@dataclass(frozen=True)
class Images:
    """Files for calibration, and other files for evaluation.

    Attributes:
        calibrate: calibration images.
        judge: evaluation images.
        composed: which of "calibration" and "judged_on" are not the user's images, but composed of the two sample
            photographs (`samples.compose`).
        calibrate_in, judge_in: the folders that the user named; images may be in subfolders.
    """

    calibrate: tuple[Path, ...] = ()
    judge: tuple[Path, ...] = ()
    composed: frozenset[str] = frozenset()
    calibrate_in: Path | None = field(default=None, compare=False)
    judge_in: Path | None = field(default=None, compare=False)

    @property
    def judge_names(self) -> list[str]:
        """The evaluation images' paths below their folder."""
        return [image_name(file, self.judge_in) for file in self.judge]

    def provenance(self) -> dict[str, Any]:
        """Paths below the user's folders and a digest of the contents, for the manifest."""
        calibrate = [image_name(file, self.calibrate_in) for file in self.calibrate]
        listed = {
            "calibration": _listing(self.calibrate, calibrate),
            "judged_on": _listing(self.judge, self.judge_names),
        }
        return {name: found | ({"composed": True} if name in self.composed else {}) for name, found in listed.items()}


def choose_images(calibration: Path | None, judge: Path | None, count: int) -> Images:
    """Up to `count` images for calibration, spread evenly over their folder, and others for evaluation.

    Of images that show the same (`images.duplicates`) only the first counts, so that no image is judged by what has
    calibrated, and none counts twice.

    Args:
        calibration: calibration folder; without `judge`, its other images are used for evaluation.
        judge: evaluation folder; images that show what a calibration image shows are left out.
        count: maximum number of calibration images.

    Raises:
        InputError: a folder has no images, or too few different ones for both.
    """
    if calibration is None:
        return Images((), tuple(distinct_images(judge)) if judge is not None else (), judge_in=judge)
    files = distinct_images(calibration)
    if judge is not None and judge.resolve() != calibration.resolve():
        chosen = spread(files, count)
        others = tuple(distinct_images(judge, chosen))
        return Images(tuple(chosen), others, calibrate_in=calibration, judge_in=judge)
    if len(files) < 2:
        raise InputError(
            "one image cannot be used for both calibration and evaluation",
            where=str(calibration),
            fix="add different images (some dozens with faces, as the device will see them), or pass --judge DIR",
        )
    chosen = spread(files, min(count, max(1, int(len(files) * CALIBRATION_SHARE))))
    others = tuple(file for file in files if file not in set(chosen))
    return Images(tuple(chosen), others, calibrate_in=calibration, judge_in=calibration)


def distinct_images(folder: Path, others: Sequence[Path] = ()) -> list[Path]:
    """The images of a folder that show different things; a note says which others are left out.

    Args:
        folder: the folder.
        others: images used elsewhere; those of the folder that show the same are left out too.

    Raises:
        InputError: the folder has no images, or none that `others` does not show.
    """
    found = distinct(list_images(folder), others)
    if not found.files:
        raise InputError(
            "every evaluation image is also a calibration image", where=str(folder), fix="add other images"
        )
    if found.copies:
        copy, original = found.copies[0]
        example = f"{copy.name} as {original.name}, …"
        note(f"{len(found.copies)} images in {folder} show what others show: left out ({example})")
    return found.files


def read_images(
    files: Sequence[Path],
    doing: str,
    others: Sequence[Path] = (),
    read: Callable[[Path], NDArray[np.uint8]] = read_image,
) -> Iterator[NDArray[np.uint8]]:
    """The images, read one after the other with progress.

    Args:
        files: files to read.
        doing: their purpose, as in "calibrating".
        others: files that are read elsewhere; if a file is unusable, the unusable ones among these are named too.
        read: reads a file.

    Raises:
        InputError: files are unusable; all such files are named at once.
    """
    for index, file in enumerate(track(files, doing)):
        try:
            yield read(file)
        except InputError as error:
            raise _failures(error, [*files[index + 1 :], *others]) from error


def _failures(first: InputError, rest: Sequence[Path]) -> InputError:
    failed = [first]
    for file in rest:
        try:
            read_image(file)
        except InputError as error:
            failed.append(error)
    if len(failed) == 1:
        return first
    named = "; ".join(f"{e.where}: {e.what}" for e in failed[:LISTED_FAILURES])
    more = f"; and {len(failed) - LISTED_FAILURES} more" if len(failed) > LISTED_FAILURES else ""
    return InputError(f"{len(failed)} images cannot be used", where=named + more, fix="remove or replace them")


def spread(files: Sequence[Path], count: int) -> list[Path]:
    """At most `count` of the files, evenly spaced."""
    return [files[i * len(files) // min(count, len(files))] for i in range(min(count, len(files)))]


def _listing(files: Sequence[Path], names: Sequence[str]) -> dict[str, Any]:
    digest = sha256_hex("".join(digest_file(file, IMAGE) for file in files).encode())
    return {"count": len(files), "sha256": digest, "files": list(names)}
