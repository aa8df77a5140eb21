"""Composed images for sample weights, where the user gives no images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edgeface.core.progress import note
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import make_folders
from edgeface.images.split import Images

JUDGED_IMAGES = 24


@contextmanager
def composed_where_missing(chosen: Images, task: str, calibration_images: int) -> Iterator[Images]:
    """The chosen images, with composed ones for calibration and for judging where none were chosen.

    Args:
        chosen: images of the user's folders.
        task: "detection" or "recognition".
        calibration_images: how many images calibrate.

    Yields:
        Images; the composed files are removed afterwards.
    """
    if chosen.calibrate and chosen.judge:
        yield chosen
        return
    from edgeface.samples.compose import write_images

    note(
        "no --calibration: images composed of the two sample photographs are used, which is enough to try the tool; "
        "for anything else, use images like those that the device will see"
    )
    with temporary_folder() as temporary:
        folders = {name: temporary / name for name in ("calibration", "judged_on")}
        for folder in folders.values():
            make_folders(folder)
        if not chosen.calibrate:
            write_images(folders["calibration"], task, calibration_images)
            chosen = replace(
                chosen, calibrate=_files(folders["calibration"]), composed=chosen.composed | {"calibration"}
            )
        if not chosen.judge:
            write_images(folders["judged_on"], task, JUDGED_IMAGES, first_seed=calibration_images)
            chosen = replace(chosen, judge=_files(folders["judged_on"]), composed=chosen.composed | {"judged_on"})
        yield chosen


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.iterdir()))
