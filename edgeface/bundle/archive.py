"""A bundle's archive: a .tar.gz in canonical form.

The same files give the same bytes on every machine, and every byte has exactly one valid value: entries are sorted,
have no times and no owners, and the gzip stream contains stored blocks of a fixed size, so that the bytes do not depend
on a compressor's version. Reading rebuilds each header and compares it, and decompresses nothing. Archives that expand,
contain links or escape the folder are not of this form, and are therefore refused.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from edgeface.bundle.face_runner.errors import Refused
from edgeface.bundle.face_runner.integrity import MAX_BYTES, MAX_FILES, NAME, Problem
from edgeface.errors import InputError
from edgeface.reading.kinds import BUNDLE
from edgeface.reading.regular_file import read_file

ROOT = "face/"
EXECUTABLE = ("face", "verify", "systemd/face-check", "cpp/libncnn.sh")
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_BLOCK_BYTES = 0xFFFF
_RECORD = 512
_TAR_END = bytes(2 * _RECORD)
_MAX_NAME = 100
_FIX = "copy the bundle again from its origin"


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """The archive of files by name relative to the bundle.

    Raises:
        InputError: an invalid name, or too many or too large files.
    """
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(f"a bundle holds up to {MAX_FILES} files and {MAX_BYTES >> 20} MiB", fix="pack smaller models")
    for name in files:
        if not NAME.fullmatch(name) or len(ROOT + name) > _MAX_NAME:
            raise InputError(f"no file of a bundle may be called {name!r}")
    return _gzip(b"".join(_entry(name, files[name]) for name in sorted(files)) + _TAR_END)


def read_archive(path: Path) -> bytes:
    """An archive's bytes, not yet verified.

    Raises:
        InputError: the file cannot be read, or is larger than any bundle.
    """
    return read_file(path, BUNDLE)


def open_archive(data: bytes, where: str) -> tuple[dict[str, bytes], list[Problem]]:
    """The files of an archive, unpacked in memory.

    Args:
        data: the archive.
        where: its name in errors.

    Returns:
        Its files by name, and problems in bytes outside the files' contents.

    Raises:
        Refused: it deviates so far from the form of `write_archive` that its files cannot be separated.
    """
    tar, problems = _gunzip(data, where)
    files: dict[str, bytes] = {}
    at = 0
    while tar[at : at + _RECORD] != bytes(_RECORD):
        name, content, header = _read_entry(tar, at, where)
        if files and name <= max(files):
            raise Refused(f"the entry {name!r} is out of order or duplicated", where, _FIX)
        if len(files) >= MAX_FILES:
            raise Refused(f"the archive has over {MAX_FILES} entries", where, _FIX)
        files[name] = content
        entry = _entry(name, content)
        if tar[at : at + len(entry)] != entry:
            what = "its header in the archive" if header != entry[:_RECORD] else "the padding after it"
            problems.append(Problem(name, f"{what} is not as it was packed"))
        at += len(entry)
    if tar[at:] != _TAR_END:
        problems.append(Problem(where, "the end of the archive is not as it was packed"))
    return files, problems


def _entry(name: str, content: bytes) -> bytes:
    """Header, content and padding of a regular file, in the format of POSIX.1-1988 (ustar)."""
    mode = 0o755 if name in EXECUTABLE else 0o644
    header = struct.pack(
        "100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x",
        (ROOT + name).encode("ascii"),
        b"%07o\0" % mode,
        b"%07o\0" % 0,
        b"%07o\0" % 0,
        b"%011o\0" % len(content),
        b"%011o\0" % 0,
        b" " * 8,
        b"0",
        b"",
        b"ustar\0",
        b"00",
        b"",
        b"",
        b"%07o\0" % 0,
        b"%07o\0" % 0,
        b"",
    )
    header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
    return header + content + bytes(-len(content) % _RECORD)


def _read_entry(tar: bytes, at: int, where: str) -> tuple[str, bytes, bytes]:
    """Name, content and header of the entry at an offset."""
    header = tar[at : at + _RECORD]
    if len(header) < _RECORD:
        raise Refused("the archive is truncated", where, _FIX)
    raw = header[:_MAX_NAME].split(b"\0")[0].decode("latin-1")
    name = raw.removeprefix(ROOT)
    if not raw.startswith(ROOT) or not NAME.fullmatch(name):
        raise Refused(f"the entry {raw!r} has a name that is not valid in a bundle", where, _FIX)
    if header[156:157] != b"0":
        raise Refused(f"the entry {raw!r} is not a regular file but a link, folder or device", where, _FIX)
    size = header[124:135]
    if not size.isdigit() or any(digit > ord("7") for digit in size):
        raise Refused(f"the size of the entry {raw!r} is damaged", where, _FIX)
    begin, end = at + _RECORD, at + _RECORD + int(size, 8)
    if end + -end % _RECORD > len(tar):
        raise Refused(f"the entry {raw!r} claims more bytes than the archive has", where, _FIX)
    return name, tar[begin:end], header


def _gzip(data: bytes) -> bytes:
    """RFC 1952 with stored blocks of RFC 1951: no compression, and no encoder choices."""
    blocks = [_block_header(len(part), last) + part for part, last in _parts(data)]
    return _GZIP_HEADER + b"".join(blocks) + struct.pack("<II", zlib.crc32(data), len(data))


def _parts(data: bytes) -> Iterator[tuple[bytes, bool]]:
    for at in range(0, len(data), _BLOCK_BYTES):
        yield data[at : at + _BLOCK_BYTES], at + _BLOCK_BYTES >= len(data)


def _block_header(length: int, last: bool) -> bytes:
    return struct.pack("<BHH", int(last), length, length ^ 0xFFFF)


def _gunzip(data: bytes, where: str) -> tuple[bytes, list[Problem]]:
    """The stored bytes, and a problem if the checksum or length after them does not match."""
    if data[: len(_GZIP_HEADER)] != _GZIP_HEADER:
        raise Refused("not an archive that edgeface packed: its gzip header differs", where, _FIX)
    parts: list[bytes] = []
    at, last = len(_GZIP_HEADER), False
    while not last:
        left = len(data) - at - 5 - 8
        length = min(left, _BLOCK_BYTES)
        last = left <= _BLOCK_BYTES
        if length <= 0 or data[at : at + 5] != _block_header(length, last):
            raise Refused(f"the archive is truncated, extended or damaged at byte {at}", where, _FIX)
        parts.append(data[at + 5 : at + 5 + length])
        at += 5 + length
    tar = b"".join(parts)
    intact = data[at:] == struct.pack("<II", zlib.crc32(tar), len(tar))
    return tar, [] if intact else [Problem(where, "its checksum does not match: a byte was changed")]
