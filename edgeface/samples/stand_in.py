"""Pictures for sample weights, where there are no photographs: composed ones stand in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edgeface.core.progress import note
from edgeface.images.split import Photographs

JUDGED_PICTURES = 24


@contextmanager
def composed_where_missing(chosen: Photographs, task: str, calibration_pictures: int) -> Iterator[Photographs]:
    """What was chosen, with composed pictures for what calibrates and for what judges where none were chosen.

    Args:
        chosen: of the user's folders.
        task: what the network is for, "detection" or "recognition".
        calibration_pictures: how many calibrate.

    Yields:
        Photographs, whose composed files are gone afterwards.
    """
    if chosen.calibrate and chosen.judge:
        yield chosen
        return
    from edgeface.samples.compose import write_pictures

    note(
        "no --calibration: pictures composed of two photographs stand in, which is enough to try the tool; "
        "use photographs as the device will see them for anything else"
    )
    with tempfile.TemporaryDirectory(prefix="edgeface-") as temporary:
        folders = {name: Path(temporary) / name for name in ("calibration", "judged_on")}
        for folder in folders.values():
            folder.mkdir()
        if not chosen.calibrate:
            write_pictures(folders["calibration"], task, calibration_pictures)
            chosen = replace(
                chosen, calibrate=_files(folders["calibration"]), composed=chosen.composed | {"calibration"}
            )
        if not chosen.judge:
            write_pictures(folders["judged_on"], task, JUDGED_PICTURES, first_seed=calibration_pictures)
            chosen = replace(chosen, judge=_files(folders["judged_on"]), composed=chosen.composed | {"judged_on"})
        yield chosen


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.iterdir()))
