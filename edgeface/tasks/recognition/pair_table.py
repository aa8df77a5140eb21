"""Pairs as a table of two paths and a label, as evaluation programs and spreadsheets write them.

Columns are separated by tabs, commas, semicolons or spaces, with or without quotes; the label stands in any of three
columns, or where a header names it. Lines that begin with # are comments.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeface.errors import InputError
from edgeface.images.folder import EXTENSIONS
from edgeface.reading.kinds import PAIRS
from edgeface.tasks.recognition.pair import Pair
from edgeface.tasks.recognition.pair_words import column_of, verdicts_of

Lines = Sequence[tuple[int, str]]
_SEPARATORS = ("\t", ",", ";")
_SPACE = " "
_NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons", _SPACE: "spaces"}
_COLUMNS = 3
_SHOWN = 80
_FIX_LABEL = "write 1 for the same person and 0 for others into one column, or name the columns: file1,file2,label"


@dataclass(frozen=True)
class _Row:
    line: int
    text: str
    cells: list[str]


@dataclass(frozen=True)
class _Unfit:
    """Why lines cannot be read with a separator, how many could be before, and how many columns the next one has."""

    error: InputError
    read: int
    columns: int = 0


def read_table(lines: Lines, path: Path) -> tuple[Pair, ...]:
    """The pairs in the numbered lines of a table.

    Raises:
        InputError: a line is no pair, or the table can be read in several ways; the error names the line.
    """
    found = [(separator, _read(lines, separator, path)) for separator in _SEPARATORS]
    tables = {separator: pairs for separator, pairs in found if isinstance(pairs, tuple)}
    if len(set(tables.values())) > 1:
        named = " or ".join(_NAMES[separator] for separator in tables)
        raise _error(lines[0], f"can be separated by {named}, into other paths each", path, "leave one separator")
    if tables:
        return next(iter(tables.values()))
    spaced = _read(lines, _SPACE, path)
    if isinstance(spaced, tuple):
        return spaced
    unfit = [*(each for _, each in found if isinstance(each, _Unfit)), spaced]
    raise max(unfit, key=lambda each: (each.read, each.columns)).error


def _read(lines: Lines, separator: str, path: Path) -> tuple[Pair, ...] | _Unfit:
    start = _split(lines[0][1], separator)
    if len(start) < _COLUMNS:
        return _unfit_width(_Row(*lines[0], start), _COLUMNS, separator, path, 0)
    rows = [_Row(number, line, _split(line, separator)) for number, line in lines]
    columns = column_of(rows[0].cells)
    header = columns is not None or (len(rows) > 1 and _is_unknown_header(rows))
    body = rows[1:] if header else rows
    if not body:
        error = InputError("the list of pairs has a header only", where=str(path), fix=PAIRS.fix)
        return _Unfit(error, 0, len(start))
    width = len(start) if columns is not None else _COLUMNS
    for index, row in enumerate(body):
        if len(row.cells) != width:
            return _unfit_width(row, width, separator, path, index)
    if columns is None:
        at = _label_column(body, path)
        if isinstance(at, _Unfit):
            return at
        columns = (int(at == 0), 2 - int(at == 2), at)
    return _pairs(body, columns, path)


def _unfit_width(row: _Row, width: int, separator: str, path: Path, read: int) -> _Unfit:
    found = f"is not a pair: {len(row.cells)} columns separated by {_NAMES[separator]}, not {width}"
    return _Unfit(_error((row.line, row.text), found, path, PAIRS.fix), read, len(row.cells))


def _split(line: str, separator: str) -> list[str]:
    if separator == _SPACE:
        line = line.replace("\t", _SPACE)
    try:
        cells = next(csv.reader([line.strip()], delimiter=separator, skipinitialspace=True))
    except csv.Error:  # a NUL, or an endless field
        return []
    return [cell.strip() for cell in cells]


def _is_unknown_header(rows: Sequence[_Row]) -> bool:
    """Whether the first row names columns in words of its own: it holds neither a label nor an image's path."""
    first = [cell.lower() for cell in rows[0].cells]
    if len(first) != len(rows[1].cells) or any(cell.endswith(EXTENSIONS) or "/" in cell for cell in first):
        return False
    return not any(verdicts_of({cell}) for cell in first)


def _label_column(rows: Sequence[_Row], path: Path) -> int | _Unfit:
    """The one column of three that holds labels; errors name the first line that prevents it."""
    fitting = [_fitting(rows, column) for column in range(_COLUMNS)]
    whole = [column for column, count in enumerate(fitting) if count == len(rows)]
    if len(whole) == 1:
        return whole[0]
    if whole:
        first = rows[0]
        named = " and ".join(f"column {column + 1} ({first.cells[column]})" for column in whole)
        error = _error((first.line, first.text), f"is ambiguous: {named} may be the label", path, _FIX_LABEL)
        return _Unfit(error, len(rows))
    return _unfit_label(rows, max(range(_COLUMNS), key=lambda column: fitting[column]), path)


def _unfit_label(rows: Sequence[_Row], column: int, path: Path) -> _Unfit:
    """The error for the first line whose cell in the label's column is none, or one of another kind than before."""
    read = _fitting(rows, column)
    row = rows[read]
    label, before = row.cells[column], {each.cells[column].lower() for each in rows[:read]}
    what = "is not a pair: no column holds a label"
    if before and verdicts_of({label.lower()}):
        what = f"is ambiguous: its label {label} is of another kind than {', '.join(sorted(before))} before"
    elif before:
        what = f"is not a pair: {label[:_SHOWN]!r} is no label"
    return _Unfit(_error((row.line, row.text), what, path, _FIX_LABEL), read + 1)


def _fitting(rows: Sequence[_Row], column: int) -> int:
    """The number of first rows whose cells in a column are labels of one kind."""
    labels: set[str] = set()
    for index, row in enumerate(rows):
        label = row.cells[column].lower()
        if label not in labels and verdicts_of(labels | {label}) is None:
            return index
        labels.add(label)
    return len(rows)


def _pairs(rows: Sequence[_Row], columns: tuple[int, int, int], path: Path) -> tuple[Pair, ...] | _Unfit:
    one, other, at = columns
    verdicts = verdicts_of({row.cells[at].lower() for row in rows})
    if verdicts is None:
        return _unfit_label(rows, at, path)
    pairs = []
    for index, row in enumerate(rows):
        first, second, label = row.cells[one], row.cells[other], row.cells[at].lower()
        wrong = verdicts is None and _fitting(rows, at) == index
        if wrong or not (first and second):
            what = (
                f"is not a pair: its label is {row.cells[at][:_SHOWN]!r}" if wrong else "is not a pair: a path is empty"
            )
            return _Unfit(_error((row.line, row.text), what, path, _FIX_LABEL if wrong else PAIRS.fix), index + 1)
        pairs.append(Pair(first, second, bool(verdicts and verdicts[label]), row.line))
    return tuple(pairs)


def _error(line: tuple[int, str], what: str, path: Path, fix: str | None) -> InputError:
    number, text = line
    return InputError(f"line {number} {what}: {text.strip()[:_SHOWN]!r}", where=str(path), fix=fix)
