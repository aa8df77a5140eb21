"""Lists of pairs of images to verify: LFW's format, or a table of two paths and a label.

Formats, by their first line: one number N is LFW's View 1 (N same-person pairs in three columns, then N of different
persons in four); two numbers "10 300" are View 2 (ten folds of 300 and 300); all else is a table (`pair_table`).
Source: http://vis-www.cs.umass.edu/lfw/README.txt
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeface.core.progress import note
from edgeface.errors import InputError
from edgeface.images.folder import EXTENSIONS
from edgeface.reading.document import read_lines
from edgeface.reading.kinds import PAIRS
from edgeface.reading.regular_file import is_file, is_folder
from edgeface.tasks.recognition.pair import Pair
from edgeface.tasks.recognition.pair_table import read_table
from edgeface.tasks.recognition.verification import unshuffled_folds

LISTED = 8
_FIX = PAIRS.fix
_COMMENT = "#"


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
    """The list of pairs in a file, each pair once: copies, also in reverse, are left out, as a note says.

    Args:
        path: a UTF-8 file of at most 64 MiB, in one of the formats that the module names.

    Raises:
        InputError: the file cannot be read, a line is not a pair, the list can be read in several ways, or a pair is
            labeled in both; the error names the line.
    """
    lines = [(number, line) for number, line in read_lines(path, PAIRS) if not line.lstrip().startswith(_COMMENT)]
    if not lines:
        raise InputError("the list of pairs is empty", where=str(path), fix=_FIX)
    header = lines[0][1].split()
    if not (len(header) in (1, 2) and all(_is_count(item) for item in header)):
        pairs = _distinct(read_table(lines, path), path)
        return Pairs(path, "table", pairs, unshuffled_folds([pair.same for pair in pairs]))
    folds, count = (1, int(header[0])) if len(header) == 1 else (int(header[0]), int(header[1]))
    listed = _read_lfw(lines[1:], folds, count, path)
    pairs = _distinct(listed, path)
    kind = f"LFW View {len(header)}"
    if folds == 1:
        return Pairs(path, kind, pairs, unshuffled_folds([pair.same for pair in pairs]))
    fold_of = {pair.line: index // (2 * count) for index, pair in enumerate(listed)}
    return Pairs(path, kind, pairs, np.array([fold_of[pair.line] for pair in pairs], np.int64))


def _distinct(pairs: tuple[Pair, ...], path: Path) -> tuple[Pair, ...]:
    """Each pair once, and none of an image with itself: copies add no evidence."""
    first: dict[tuple[str, ...], Pair] = {}
    kept = []
    for pair in pairs:
        images = tuple(sorted((posixpath.normpath(pair.first), posixpath.normpath(pair.second))))
        other = first.setdefault(images, pair)
        if pair.same != other.same or (images[0] == images[1] and not pair.same):
            lines = f"lines {other.line} and {pair.line} contradict each other" if other is not pair else ""
            what = lines or f"line {pair.line} calls an image another person's than itself"
            raise InputError(f"{what}: {pair.first}, {pair.second}", where=str(path), fix="correct the label")
        if other is pair and images[0] != images[1]:
            kept.append(pair)
    if not kept:
        raise InputError("the list pairs images with themselves only", where=str(path), fix=_FIX)
    if len(kept) < len(pairs):
        note(f"{len(pairs) - len(kept)} of {len(pairs)} pairs in {path} are listed before or of one image: left out")
    return tuple(kept)


def find_images(pairs: Pairs, folder: Path) -> dict[str, Path]:
    """The file of every image that is in a pair, by the path that the pair gives.

    LFW's images are looked for as `folder/Name/Name_0001` with any of the usual extensions.

    Raises:
        InputError: there is no such folder, or images are missing; the first of them are listed.
    """
    if not is_folder(folder):
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


def _is_count(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _find(path: Path, any_extension: bool) -> Path | None:
    candidates = [path.with_name(path.name + extension) for extension in EXTENSIONS] if any_extension else [path]
    candidates += [Path(str(each).replace("\\", "/")) for each in candidates if "\\" in each.name]  # of Windows
    return next((file for file in candidates if is_file(file)), None)
