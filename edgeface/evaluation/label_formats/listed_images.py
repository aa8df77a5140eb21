"""The images that a file of labels lists, below a folder; and the one such file that a folder holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from edgeface.errors import InputError
from edgeface.reading.regular_file import is_file, is_folder

LISTED = 8


def listed_images(names: Sequence[str], images: Path, extensions: Sequence[str] = ("",)) -> list[Path]:
    """The file of each name, looked for in the folder, in its folder `images`, and by its last part only.

    Args:
        names: relative paths.
        images: the folder.
        extensions: what a name's file may end with.

    Raises:
        InputError: images are missing, or a name leads out of the folder; the first of them are listed.
    """
    outside = next((name for name in names if _leads_out(name)), None)
    if outside is not None:
        raise InputError(f"the image {outside!r} is not below the folder of images", where=str(images))
    roots = [root for root in (images, images / "images") if is_folder(root)]
    found = [_find(roots, name, extensions) for name in names]
    missing = [name for name, file in zip(names, found, strict=True) if file is None]
    if missing:
        listed = "; ".join(missing[:LISTED])
        more = f"; and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        raise InputError(
            f"{len(missing)} of {len(names)} images are missing: {listed}{more}",
            where=str(images),
            fix="pass as images the folder that the labels' paths start from (of WIDER FACE, WIDER_val)",
        )
    return [file for file in found if file is not None]


def one_file(labels: Path, pattern: str, is_it: Callable[[Path], bool]) -> Path | None:
    """The labels if they are such a file, or the one that their folder holds; None if there is none.

    Raises:
        InputError: the folder holds several.
    """
    if not is_folder(labels):
        return labels if is_it(labels) else None
    found = [path for path in sorted(labels.glob(pattern)) if is_file(path) and is_it(path)]
    if len(found) > 1:
        raise InputError(
            f"the folder holds {len(found)} files of labels: {', '.join(path.name for path in found[:LISTED])}",
            where=str(labels),
            fix="pass the file instead of the folder",
        )
    return found[0] if found else None


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or "\0" in name


def _find(roots: Sequence[Path], name: str, extensions: Sequence[str]) -> Path | None:
    names = dict.fromkeys((name, PurePosixPath(name).name))
    candidates = (root / f"{each}{extension}" for each in names for root in roots for extension in extensions)
    return next((file for file in candidates if is_file(file)), None)
