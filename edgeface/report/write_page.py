"""Atomic writing of pages, which replaces only pages of edgeface."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.writing import check_replaceable, make_folders, write_file
from edgeface.errors import InputError
from edgeface.reading.kinds import REPORT
from edgeface.reading.regular_file import open_file

GENERATOR = b'<meta name="generator" content="edgeface">'
_HEAD_BYTES = 2000


def write_page(path: Path, text: str) -> None:
    """Write HTML to a file; its folder is created if needed.

    Raises:
        InputError: it cannot be written, or the file exists and is not edgeface's.
    """
    check_page_path(path)
    make_folders(path.parent, "the report")
    write_file(path, text, "the report")


def check_page_path(path: Path) -> None:
    """Refuse to overwrite a file that is not a report.

    Raises:
        InputError: the file exists and is not edgeface's.
    """
    check_replaceable(path, "the report")
    try:
        if path.exists() and not _is_ours(path):
            raise InputError(
                "the file exists and is not a report of edgeface",
                where=str(path),
                fix="move it away, or name another file",
            )
    except OSError as error:
        raise InputError(f"cannot write the report: {error.strerror}", where=str(path)) from error


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with open_file(path, REPORT) as stream:
        return GENERATOR in stream.read(_HEAD_BYTES)
