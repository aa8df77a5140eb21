"""The images of a folder: directly in it, or in a folder for each person, as LFW's are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from edgeface.errors import InputError
from edgeface.reading.regular_file import is_folder, is_there
from edgeface.reading.url_path import UrlPath

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm")
MAX_LEVELS = 2
"""Levels of subfolders that are searched: a folder for each person, or for each event or set and person."""

MAX_DEPTH = 64
"""Levels that are searched where all are wanted."""


def list_images(folder: Path) -> list[Path]:
    """The image files of a folder, sorted by path.

    These are the files directly in it; if there are none, those in its subfolders and in theirs. Hidden subfolders are
    left out, and each real folder is searched once, so that links can neither repeat images nor lead in circles.

    Args:
        folder: a folder; files are chosen by extension (jpg, jpeg, png, bmp, webp, ppm, pgm, any case).

    Raises:
        InputError: the folder does not exist, cannot be read, or holds no images.
    """
    return _listed(folder, lambda: _here_or_below(folder))


def _listed(folder: Path, search: Callable[[], list[Path]]) -> list[Path]:
    """What a search finds in a folder, sorted; it must find something."""
    if not is_folder(folder):
        what = "a file, not a folder" if is_there(folder) else "there is no such folder"
        raise InputError(what, where=str(folder), fix="pass a folder that holds images")
    try:
        found = search()
    except OSError as error:
        raise InputError(f"cannot list the folder: {error.strerror}", where=str(error.filename or folder)) from error
    if not found:
        named = ", ".join("*" + extension for extension in EXTENSIONS)
        raise InputError(
            "the folder holds no images",
            where=str(folder),
            fix=f"put files named {named} directly into it, or into a folder for each person",
        )
    return sorted(found)


def list_all_images(folder: Path) -> list[Path]:
    """The image files of a folder and of all folders below it, sorted by path; else as `list_images`.

    Raises:
        InputError: as `list_images`.
    """
    return _listed(folder, lambda: _all(folder))


def image_name(file: Path, folder: Path | None) -> str:
    """The file's path below a folder, with slashes, as in "Ann/Ann_0001.jpg"; its name if it is elsewhere."""
    if folder is None or not file.is_relative_to(folder):
        return file.name
    return file.relative_to(folder).as_posix()


def _here_or_below(folder: Path) -> list[Path]:
    found, subfolders = _entries(folder)
    return found or list(_below(subfolders, {os.path.realpath(folder)}))


def _all(folder: Path) -> list[Path]:
    found, subfolders = _entries(folder)
    return [*found, *_below(subfolders, {os.path.realpath(folder)}, most=MAX_DEPTH)]


def _below(folders: list[Path], seen: set[str], level: int = 1, most: int = MAX_LEVELS) -> Iterator[Path]:
    for folder in folders:
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        found, subfolders = _entries(folder)
        yield from found
        if level < most:
            yield from _below(subfolders, seen, level + 1, most)


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """The images and the visible subfolders that are directly in a folder."""
    if isinstance(folder, UrlPath):
        found = list(folder.entries())
        files: list[Path] = [path for path, below in found if not below and path.suffix.lower() in EXTENSIONS]
        return files, [path for path, below in found if below and not path.name.startswith(".")]
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    images = [entry for entry in entries if Path(entry.name).suffix.lower() in EXTENSIONS and entry.is_file()]
    folders = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    return [folder / entry.name for entry in images], [folder / entry.name for entry in folders]
