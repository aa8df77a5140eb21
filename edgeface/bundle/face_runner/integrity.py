"""Integrity of a bundle's files: SHA256SUMS, in the format of `sha256sum -c`."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import ne
from pathlib import Path

from edgeface.bundle.face_runner.errors import Refused, RunnerError
from edgeface.reading.regular_file import Kind, read_file

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.minisig"
MAX_BYTES = 64 << 20
MAX_FILES = 256
MAX_DEPTH = 6
FILE = Kind("file of the bundle", MAX_BYTES, "unpack the bundle again", error=Refused)
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){0,5}")
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
_LIKELY_MISPRINT = 4


@dataclass(frozen=True)
class Problem:
    """A problem with a file of a bundle."""

    name: str
    what: str

    def __str__(self) -> str:
        """File and problem on one line."""
        return f"{self.name}: {self.what}"


def sums_of(files: Mapping[str, bytes]) -> bytes:
    """SHA256SUMS of all files except itself and its signature, by name."""
    return _sums_text(_digests(files))


def check_sums(files: Mapping[str, bytes]) -> list[Problem]:
    """Problems of files that are damaged, missing or not part of the bundle."""
    given = files.get(SUMS)
    if given is None:
        return [Problem(SUMS, "is missing")]
    digests = _digests(files)
    if given == _sums_text(digests):
        return []
    listed = _read_sums(given)
    if listed is None:
        return [Problem(SUMS, "is damaged: a line is not a hash and a name, or lines are out of order")]
    found = [_judge(name, digest, digests.get(name)) for name, digest in listed.items()]
    problems = [problem for problem in found if problem is not None]
    extra = sorted(digests.keys() - listed.keys())
    if extra and problems:  # a name that was changed in the list is both missing and extra
        problems.append(Problem(SUMS, "is damaged, or its files were renamed"))
    problems += [Problem(name, "is not part of this bundle") for name in extra]
    return problems or [Problem(SUMS, "is damaged: its form was changed")]


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of an unpacked bundle by name.

    Raises:
        RunnerError: there is no such folder.
        Refused: it contains a link or device or an invalid name, or is too large.
    """
    if not folder.is_dir():
        raise RunnerError("there is no such folder", str(folder), "pass the folder that was unpacked")
    files: dict[str, bytes] = {}
    total = 0
    for path in _walk(folder):
        name = path.relative_to(folder).as_posix()
        if not NAME.fullmatch(name):
            raise Refused(f"{name!r} is not part of this bundle", str(folder))
        total += path.stat().st_size
        if total > MAX_BYTES or len(files) >= MAX_FILES:
            raise Refused("the folder contains more than a bundle can", str(folder))
        files[name] = read_file(path, FILE)
    return files


def _walk(folder: Path, depth: int = 0) -> Iterator[Path]:
    if depth > MAX_DEPTH:
        raise Refused("the folder is nested deeper than a bundle is", str(folder))
    for entry in sorted(os.scandir(folder), key=lambda item: item.name):
        kind = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            yield from _walk(Path(entry.path), depth + 1)
        elif stat.S_ISREG(kind):
            yield Path(entry.path)
        else:
            raise Refused("the bundle contains a link, device or pipe", entry.path, "unpack the bundle again")


def _read_sums(data: bytes) -> dict[str, str] | None:
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        return None
    matches = [_LINE.fullmatch(line) for line in lines[:-1]]
    if lines[-1] or not all(matches):
        return None
    pairs = [(match[2], match[1]) for match in matches if match]
    names = [name for name, _ in pairs]
    return dict(pairs) if names == sorted(set(names)) else None


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files) if name not in (SUMS, SIGNATURE)}


def _sums_text(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode("ascii")


def _judge(name: str, digest: str, found: str | None) -> Problem | None:
    if found is None:
        return Problem(name, "is missing")
    if found == digest:
        return None
    if sum(map(ne, found, digest)) <= _LIKELY_MISPRINT:
        return Problem(SUMS, f"is damaged in the line of {name}")
    return Problem(name, f"is not the file that was packed: its SHA-256 is {found[:12]}…, not {digest[:12]}…")
