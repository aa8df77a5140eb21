"""Images in an object store: a path that stands for a URL, read through fsspec.

Only what a user names as a place of images becomes one (`place_of`): no text in a file of pairs or labels can.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path, PosixPath
from typing import Any, BinaryIO

from edgeface.errors import InputError

INSTALL = "pip install 'edgeface[ray]'"
FILE = "file"
_URL = re.compile(r"([a-z][a-z0-9+.-]+):/+(?=[^/])")
_CHUNK_BYTES = 1 << 20


class UrlPath(PosixPath):
    """A path that stands for a URL: its first part is the protocol, as in `s3:/bucket/folder`.

    What is below it stands for a URL too. Whether it is there, and what it holds, is asked of the store.
    """

    def __str__(self) -> str:
        """The URL."""
        return _URL.sub(r"\1://", super().__str__(), count=1)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002
        """Whether it is a file or a folder, and a file's size.

        Raises:
            OSError: it is not there, or the store does not answer.
        """
        info = self._ask("info", str(self))
        mode = stat.S_IFDIR if info["type"] == "directory" else stat.S_IFREG
        return os.stat_result((mode, 0, 0, 1, 0, 0, int(info.get("size") or 0), 0, 0, 0))

    def resolve(self, strict: bool = False) -> UrlPath:  # noqa: ARG002
        """The path itself."""
        return self

    def entries(self) -> Iterator[tuple[UrlPath, bool]]:
        """What is directly in it, by name, each with whether it is a folder.

        Raises:
            OSError: it is not there, or the store does not answer.
        """
        for info in sorted(self._ask("ls", str(self), detail=True), key=lambda info: str(info["name"])):
            name = str(info["name"]).rstrip("/").rpartition("/")[2]
            if name and name != self.name:
                yield self / name, info["type"] == "directory"

    def open_url(self, most_bytes: int) -> BinaryIO:
        """The content, of which at most one byte more than `most_bytes` is read.

        Raises:
            OSError: it cannot be read.
        """
        chunks: list[bytes] = []
        left = most_bytes + 1
        try:
            with _system(self.parts[0]).open(str(self), "rb", cache_type="none") as stream:
                while left > 0 and (chunk := stream.read(min(left, _CHUNK_BYTES))):
                    chunks.append(chunk)
                    left -= len(chunk)
        except Exception as error:  # each store raises errors of its own library
            raise _as_os_error(error) from error
        return io.BytesIO(b"".join(chunks))

    def _ask(self, method: str, *args: Any, **options: Any) -> Any:
        try:
            return getattr(_system(self.parts[0]), method)(*args, **options)
        except Exception as error:  # each store raises errors of its own library
            raise _as_os_error(error) from error


def place_of(path: Path) -> Path:
    """The place of images that a user named: a path, or a URL such as `s3://bucket/folder`.

    Raises:
        InputError: nothing is installed that reads such a URL, or it leads to nothing.
    """
    found = _URL.match(str(path))
    if found is None or path.exists():
        return path
    if found[1] == FILE:
        return Path("/", *path.parts[1:])
    url = UrlPath(*path.parts)
    try:
        url.stat()
    except OSError as error:
        said = "there is nothing" if isinstance(error, FileNotFoundError) else error.strerror
        raise InputError(
            f"cannot use this URL of images: {said}", where=str(url), fix="check it, and its access"
        ) from error
    return url


def _system(part: str) -> Any:
    """The file system of a protocol, with its colon."""
    protocol = part.removesuffix(":")
    try:
        import fsspec
    except ImportError as error:
        raise InputError("URLs of images need fsspec, which is not installed", where=part, fix=INSTALL) from error
    try:
        return fsspec.filesystem(protocol)
    except ImportError as error:  # it names what to install
        raise InputError(f"nothing here reads {protocol}:// URLs", where=f"{protocol}://", fix=str(error)) from error
    except ValueError as error:
        known = "s3://bucket/folder, gs://bucket/folder or https://host/folder"
        raise InputError(f"{protocol}:// is no known protocol", where=f"{protocol}://", fix=f"e.g. {known}") from error
    except Exception as error:  # its library may refuse to start in any way, e.g. without credentials
        raise InputError(f"cannot open {protocol}://: {error}", where=f"{protocol}://") from error


def _as_os_error(error: Exception) -> Exception:
    """The error as one of files; an InputError stays."""
    if isinstance(error, InputError | FileNotFoundError):
        return error
    said = str(error).strip().splitlines()
    return OSError(None, said[0] if said else type(error).__name__)
