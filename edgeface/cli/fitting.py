"""Widths of a table's columns, so that it fits and takes few lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from edgeface.core.wrapping import display_width, wrapped

GAP = "  "
_HANGING = "  "
_MIN_NAME = 16
"""Columns left for the rows' names where one of them, say a path, is too long for the whole."""


def fitted_widths(cells: Sequence[Sequence[str]], left: int, room: int) -> list[int] | None:
    """The width of each column, all together at most `room`; None where they cannot be so narrow.

    Args:
        cells: the header and the rows, each with as many cells.
        left: so many columns hold texts, which may go on below; of the others only the header may.
        room: in columns, for all of a line.
    """
    room -= len(GAP) * (len(cells[0]) - 1)
    by_column = list(zip(*cells, strict=True))
    widths = [max(map(display_width, column)) for column in by_column]
    least = [_least(column, number, number < left) for number, column in enumerate(by_column)]
    others = sum(least[1:])
    if least[0] + others > room and room - others >= _MIN_NAME:
        least[0] = min(least[0], max(_MIN_NAME, display_width(cells[0][0])))
    if sum(least) > room:
        return None
    while sum(widths) > room:
        able = [number for number, width in enumerate(widths) if width > least[number]]
        number = min(able, key=lambda each: (_added(by_column, widths, each), not each, -widths[each]))
        widths[number] -= 1
    return widths


@lru_cache(maxsize=4096)
def cell_lines(cell: str, width: int, column: int) -> list[str]:
    """A cell's lines; of the first column, further ones hang."""
    return wrapped(cell, width, "" if column else _HANGING)


def _least(column: Sequence[str], number: int, text: bool) -> int:
    """The narrowest a column can be: its longest word, or its longest number."""
    first, *rest = column
    narrowest = [cell_lines(cell, 1, number) if text or cell is first else [cell] for cell in (first, *rest)]
    return max(display_width(line) for lines in narrowest for line in lines)


def _added(by_column: Sequence[Sequence[str]], widths: Sequence[int], number: int) -> int:
    """How many lines the table takes more if a column is narrower by one."""

    def height(row: int, narrower: int) -> int:
        return max(
            len(cell_lines(column[row], widths[at] - (narrower if at == number else 0), at))
            for at, column in enumerate(by_column)
        )

    return sum(height(row, 1) - height(row, 0) for row in range(len(by_column[0])))
