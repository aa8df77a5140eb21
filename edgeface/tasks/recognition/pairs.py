"""Lists of pairs of images to verify: LFW's format, or a table of two paths and 0 or 1.

Formats, by their first line: one number N is LFW's View 1 (N same-person pairs in three columns, then N of different
persons in four); two numbers "10 300" are View 2 (ten folds of 300 and 300); all else is a table
`path_a,path_b,0|1` separated by commas or tabs. Source: http://vis-www.cs.umass.edu/lfw/README.txt
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError
from edgeface.images.files import EXTENSIONS
from edgeface.reading.document import read_text
from edgeface.reading.kinds import PAIRS
from edgeface.tasks.recognition.verification import unshuffled_folds

LISTED = 8
_FIX = PAIRS.fix


@dataclass(frozen=True)
class Pair:
    """Two images, as paths below a folder (LFW's without extension), and whether they show the same person.

    `line` is the pair's line in its file; `names` the two persons, where the file names them.
    """

    first: str
    second: str
    same: bool
    line: int
    names: tuple[str, str] | None = None


@dataclass(frozen=True)
class Pairs:
    """The pairs of a file.

    Attributes:
        path: the file.
        kind: "LFW View 1", "LFW View 2" or "table".
        pairs: in the file's order.
        folds: int64 [n], the fold of each pair; where the file has none, ten unshuffled ones.
    """

    path: Path
    kind: str
    pairs: tuple[Pair, ...]
    folds: NDArray[np.int64]

    @property
    def same(self) -> NDArray[np.bool_]:
        """Bool [n], whether each pair shows the same person."""
        return np.array([pair.same for pair in self.pairs], bool)

    @property
    def names(self) -> list[tuple[str, str]] | None:
        """The persons of each pair, or None if the file does not name them."""
        names = [pair.names for pair in self.pairs if pair.names is not None]
        return names if len(names) == len(self.pairs) else None


def read_pairs(path: Path) -> Pairs:
    """The list of pairs in a file.

    Args:
        path: a UTF-8 file of at most 64 MiB, in one of the formats that the module names.

    Raises:
        InputError: the file cannot be read, or a line is not a pair; the error names the line.
    """
    lines = [(number, line) for number, line in enumerate(_text(path).splitlines(), 1) if line.strip()]
    if not lines:
        raise InputError("the list of pairs is empty", where=str(path), fix=_FIX)
    header = lines[0][1].split()
    if len(header) in (1, 2) and all(_is_count(item) for item in header):
        folds, count = (1, int(header[0])) if len(header) == 1 else (int(header[0]), int(header[1]))
        pairs = _read_lfw(lines[1:], folds, count, path)
        kind = f"LFW View {len(header)}"
        if folds > 1:
            return Pairs(path, kind, pairs, np.repeat(np.arange(folds, dtype=np.int64), 2 * count))
    else:
        kind, pairs = "table", tuple(_read_row(number, line, path) for number, line in lines)
    return Pairs(path, kind, pairs, unshuffled_folds([pair.same for pair in pairs]))


def find_images(pairs: Pairs, folder: Path) -> dict[str, Path]:
    """The file of every image that is in a pair, by the path that the pair gives.

    LFW's images are looked for as `folder/Name/Name_0001` with any of the usual extensions.

    Raises:
        InputError: there is no such folder, or images are missing; the first of them are listed.
    """
    if not folder.is_dir():
        raise InputError("there is no such folder", where=str(folder), fix="pass --images the folder of images")
    found: dict[str, Path] = {}
    missing: dict[str, int] = {}
    for pair in pairs.pairs:
        for name in (pair.first, pair.second):
            if name not in found and name not in missing:
                file = _find(folder / name, any_extension=pairs.kind != "table")
                if file is None:
                    missing[name] = pair.line
                else:
                    found[name] = file
    if missing:
        listed = "; ".join(f"{name} (line {line})" for name, line in list(missing.items())[:LISTED])
        more = f"; and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        raise InputError(
            f"{len(missing)} of {len(missing) + len(found)} images are missing: {listed}{more}",
            where=f"{folder}, for {pairs.path}",
            fix="pass --images the folder that their paths start from (for LFW the one that holds a folder a person)",
        )
    return found


def _text(path: Path) -> str:
    return read_text(path, PAIRS)


def _read_lfw(lines: list[tuple[int, str]], folds: int, count: int, path: Path) -> tuple[Pair, ...]:
    if not folds * count or len(lines) != 2 * folds * count:
        raise InputError(
            f"the first line announces {folds} × {count} pairs of each kind, the file has {len(lines)} pairs",
            where=str(path),
            fix="the file is cut short or edited: copy it again",
        )
    return tuple(
        _read_lfw_line(number, line, index % (2 * count) < count, path) for index, (number, line) in enumerate(lines)
    )


def _read_lfw_line(number: int, line: str, same: bool, path: Path) -> Pair:
    words = line.split()
    if len(words) == 3 and same:
        words = [words[0], words[1], words[0], words[2]]
    elif len(words) != 4 or same:
        shape = "Name 1 2 (the same person)" if same else "Name 1 Other 2 (different persons)"
        raise InputError(f"line {number} is not of the form {shape}: {line.strip()!r}", where=str(path), fix=_FIX)
    if not (_is_count(words[1]) and _is_count(words[3])) or any("/" in word or "\\" in word for word in words):
        raise InputError(f"line {number} does not number images: {line.strip()!r}", where=str(path), fix=_FIX)
    first, second = (f"{name}/{name}_{int(index):04d}" for name, index in (words[:2], words[2:]))
    return Pair(first, second, same, number, (words[0], words[2]))


def _read_row(number: int, line: str, path: Path) -> Pair:
    try:
        row = [item.strip() for item in next(csv.reader([line], delimiter="\t" if "\t" in line else ","))]
    except csv.Error:  # a NUL, or an endless field
        row = []
    if len(row) != 3 or row[2] not in ("0", "1") or not (row[0] and row[1]):
        raise InputError(f"line {number} is not a pair: {line.strip()[:80]!r}", where=str(path), fix=_FIX)
    return Pair(row[0], row[1], row[2] == "1", number)


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _find(path: Path, any_extension: bool) -> Path | None:
    candidates = [path.with_name(path.name + extension) for extension in EXTENSIONS] if any_extension else [path]
    return next((file for file in candidates if file.is_file()), None)
