"""What a command is to look at: image files, folders of them, videos and cameras, in the order they are given in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeface.errors import InputError
from edgeface.images.folder import image_name, list_all_images, list_images
from edgeface.images.frames import camera_number
from edgeface.images.video_kind import EXTENSIONS, is_video
from edgeface.reading.kinds import VIDEO
from edgeface.reading.regular_file import is_folder, open_file

_HEAD_BYTES = 1024


@dataclass(frozen=True)
class Source:
    """An image, a video or a camera.

    Attributes:
        kind: which of these.
        path: its file; of a camera "camera:0".
        name: its path below the folder that was given, or else its file name; unique among the sources.
        listed: whether it was found in a folder, rather than named.
    """

    kind: Literal["image", "video", "camera"]
    path: Path
    name: str
    listed: bool = False


def list_sources(given: Sequence[Path], *, recursive: bool = False, without: Path | None = None) -> list[Source]:
    """Every image, video and camera of what was given, each once.

    Args:
        given: files, folders, and "camera:0" and the like.
        recursive: take the images of folders at every depth; else those directly in it, or if there are none, those
            in its subfolders.
        without: a folder whose images are left out: that of results, which may be below a folder of images.

    Raises:
        InputError: a folder cannot be read, or holds no images.
    """
    found: list[Source] = []
    for path in given:
        number = camera_number(path)
        if number is not None:
            found.append(Source("camera", path, f"camera{number}"))
        elif is_folder(path):
            found += _in_folder(path, recursive, without)
        else:
            found.append(Source("video" if is_video_file(path) else "image", path, path.name))
    first: dict[str, Source] = {}
    for source in found:
        first.setdefault(os.path.realpath(source.path), source)
    return _named(list(first.values()))


def is_video_file(path: Path) -> bool:
    """Whether a file is a video, by its first bytes; one that cannot be read is one by its suffix."""
    try:
        with open_file(path, VIDEO) as stream:
            head = stream.read(_HEAD_BYTES)
    except InputError:  # whoever reads it says what is wrong
        head = b""
    return is_video(head) or path.suffix.lower() in EXTENSIONS


def _in_folder(folder: Path, recursive: bool, without: Path | None) -> Iterator[Source]:
    files = list_all_images(folder) if recursive else list_images(folder)
    left_out = None if without is None or without.resolve() == folder.resolve() else without.resolve()
    for file in files:
        if left_out is None or not file.resolve().is_relative_to(left_out):
            yield Source("image", file, image_name(file, folder), listed=True)


def _named(sources: list[Source]) -> list[Source]:
    """The sources with names of which none is another's."""
    names = [source.name for source in sources]
    if len(set(names)) == len(names):
        return sources
    below = Path(os.path.commonpath([source.path.absolute().parent for source in sources if source.kind != "camera"]))
    return [
        source
        if source.kind == "camera"
        else Source(source.kind, source.path, _below(source.path, below), source.listed)
        for source in sources
    ]


def _below(path: Path, folder: Path) -> str:
    return path.absolute().relative_to(folder).as_posix()
