"""Where drawn images and videos go: a file for one of them, else a folder that mirrors the sources."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.cli.image import SUFFIXES
from edgeface.core.writing import make_folders
from edgeface.errors import InputError
from edgeface.reading.regular_file import is_file

if TYPE_CHECKING:
    from edgeface.images.sources import Source

_VIDEO = ".mp4"


def drawn_paths(sources: Sequence[Source], out: Path) -> list[Path]:
    """Where the drawing of each source goes.

    Args:
        sources: what is drawn on.
        out: a file, if it ends as a video's and there is one video or camera; else a folder.

    Raises:
        InputError: `out` is a file where a folder is needed, or a drawing would replace what is drawn on.
    """
    from edgeface.images.video_file import CODECS, check_video_path

    if len(sources) == 1 and sources[0].kind != "image" and out.suffix.lower() in CODECS:
        check_video_path(out)
        paths = [out]
    else:
        if is_file(out):
            raise InputError("--out is a file, and there are several drawings", where=str(out), fix="name a folder")
        names = [_name(source, CODECS) for source in sources]
        twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
        paths = [
            out / (_longer(source, name) if name in twice else name)
            for source, name in zip(sources, names, strict=True)
        ]
    own = {source.path.resolve() for source in sources}
    replaced = next((path for path in paths if path.resolve() in own), None)
    if replaced is not None:
        raise InputError("--out would replace what is drawn on", where=str(replaced), fix="name another folder")
    return paths


def make_folder_of(path: Path) -> None:
    """Create the folder that a drawing goes into.

    Raises:
        WriteError: it cannot be created.
    """
    make_folders(path.parent, "the drawing")


def _name(source: Source, codecs: dict[str, str]) -> str:
    suffix = Path(source.name).suffix
    if source.kind == "image":
        return source.name if suffix.lower() in SUFFIXES else f"{source.name}.png"
    return source.name if suffix.lower() in codecs else f"{source.name}{_VIDEO}"


def _longer(source: Source, name: str) -> str:
    """The name with the source's suffix kept, where two sources would have one name."""
    return f"{source.name}{Path(name).suffix}"
