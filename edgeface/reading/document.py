"""JSON and TOML from outside: bounded in size and depth, finite numbers, text that can be written again.

The standard parsers accept NaN, integers of any length, halves of UTF-16 pairs and whatever depth the stack takes;
each of these ends later in an exception far from the file.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from edgeface.reading.regular_file import Kind, read_file, unreadable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MAX_DEPTH = 64
MAX_CONTAINERS, MAX_VALUES = 100_000, 1_000_000
"""An empty list takes two bytes in a file and sixty in memory."""
MAX_LINE_BYTES = 4096
"""TOML readers use memory quadratic in a dotted key's length: a line of a megabyte exhausts it."""
MAX_LINES = 1_000_000
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_LARGEST = 2**63


def read_json(path: Path, kind: Kind) -> Any:
    """The value in a JSON file.

    Raises:
        EdgefaceError: as `read_file`; or it is not JSON in UTF-8, is nested too deeply, or has a number that is not
            finite or over 64 bits.
    """
    return parse_json(read_file(path, kind), str(path), kind)


def read_toml(path: Path, kind: Kind, line_bytes: int = MAX_LINE_BYTES) -> dict[str, Any]:
    """The document in a TOML file; `line_bytes` limits its lines.

    Raises:
        EdgefaceError: as `read_json`; or it is not TOML, or has a date or a line that is too long.
    """
    data = read_file(path, kind)
    if max(map(len, data.splitlines()), default=0) > line_bytes:
        raise unreadable(f"a line has over {line_bytes:,} bytes: write long lists over several", str(path), kind)
    document: dict[str, Any] = _parsed(tomllib.loads, "TOML", data, str(path), kind)
    return document


def read_text(path: Path, kind: Kind) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Raises:
        EdgefaceError: as `read_file`; or it is not UTF-8.
    """
    return _decoded(read_file(path, kind), str(path), kind)


def read_lines(path: Path, kind: Kind) -> list[tuple[int, str]]:
    """The lines of a text file that are not blank, with their numbers from 1.

    Raises:
        EdgefaceError: as `read_text`; or it has more than `MAX_LINES` lines.
    """
    text = read_text(path, kind)
    if sum(map(text.count, _LINE_ENDS)) > MAX_LINES:  # before they are split: a line of nothing takes memory too
        raise kind.error(f"the {kind.noun} has over {MAX_LINES:,} lines", where=str(path), fix="split it")
    return [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]


def parse_json(data: bytes, where: str, kind: Kind) -> Any:
    """The value in JSON's bytes; `where` names them in errors.

    Raises:
        EdgefaceError: as `read_json`, of the kind's class.
    """
    return _parsed(json.loads, "JSON", data, where, kind)


def _parsed(parse: Callable[[str], Any], language: str, data: bytes, where: str, kind: Kind) -> Any:
    text = _decoded(data, where, kind)
    if text.count("[") + text.count("{") > MAX_CONTAINERS or text.count(",") > MAX_VALUES:
        raise unreadable("it has more values than any", where, kind)
    try:
        document = parse(text)
    except (ValueError, RecursionError) as error:  # integers of thousands of digits and deep nesting too
        said = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise unreadable(f"it is not {language}: {said}", where, kind) from error
    wrong = _first_wrong(document)
    if wrong is not None:
        raise unreadable(wrong, where, kind)
    return document


def _decoded(data: bytes, where: str, kind: Kind) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unreadable(f"it is not UTF-8 text: {error}", where, kind) from error


def _first_wrong(document: Any) -> str | None:
    """What is wrong with the first unusable value, level by level."""
    wrong = _wrong(document)
    if wrong is not None:
        return wrong
    level: list[tuple[str, Any]] = [("", document)]
    for _ in range(MAX_DEPTH):
        deeper: list[tuple[str, Any]] = []
        for place, container in level:
            for key, value in _inside(place, container):
                wrong = _wrong(value)
                if wrong is not None:
                    return f"{key}: {wrong}" if key else wrong
                if isinstance(value, list | dict):
                    deeper.append((key, value))
        if not deeper:
            return None
        level = deeper
    return "it is nested too deeply"


def _inside(key: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return ((key, item) for item in value)
    if isinstance(value, dict):
        return ((f"{key}.{name}".lstrip("."), item) for name, item in value.items())
    return ()


def _wrong(value: Any) -> str | None:
    if isinstance(value, str):
        return _wrong_text(value)
    if isinstance(value, dict):
        return next((wrong for wrong in map(_wrong_text, value) if wrong is not None), None)
    if isinstance(value, float):
        return None if math.isfinite(value) else f"{value} is not a finite number"
    if isinstance(value, int):
        return None if -_LARGEST <= value < _LARGEST else "an integer has over 64 bits"
    if value is None or isinstance(value, list):
        return None
    return f"a {type(value).__name__} is not a value that is used here"


def _wrong_text(text: str) -> str | None:
    if text.isascii():
        return "a text contains NUL" if "\0" in text else None
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        return "a text contains half of a character"
    return "a text contains NUL" if "\0" in text else None
