"""Tables as text that fits the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgeface.cli.fitting import GAP, cell_lines, fitted_widths
from edgeface.core.description import Mark
from edgeface.core.style import styled
from edgeface.core.terminal import columns
from edgeface.core.visible import visible
from edgeface.core.wrapping import display_width, wrapped

if TYPE_CHECKING:
    from edgeface.core.description import Cell, Table

_HANGING = "  "
_NOTHING = frozenset(("", "–"))


def format_table(
    header: Sequence[str], rows: Sequence[Sequence[Cell]], left: int = 1, width: int | None = None, indent: str = ""
) -> str:
    """Rows in columns; the first `left` columns flush left, others right; marks in their color.

    Where they do not fit, the texts of the first `left` columns, then of headers, go on below; numbers never do.
    Where not even that fits, each row becomes a block with a line for each of its cells.

    Args:
        header: the columns' names.
        rows: cells by row.
        left: so many columns hold text.
        width: in columns; by default the terminal's.
        indent: starts every line.
    """
    room = (columns(sys.stdout) if width is None else width) - len(indent)
    cells = [[visible(cell if isinstance(cell, str) else cell.text) for cell in row] for row in (header, *rows)]
    widths = fitted_widths(cells, left, room)
    if widths is None:
        return "\n".join(indent + line for line in _blocks(cells, rows, room))
    lines = []
    for row, given in zip(cells, ((), *rows), strict=True):
        lines += [(indent + line).rstrip() for line in _lines(row, given, widths, left)]
    return "\n".join(lines)


def format_described(table: Table) -> str:
    """A table with its caption, a line below it, and the rows."""
    caption = "\n".join(styled(line, "strong") for line in wrapped(table.caption, columns(sys.stdout)))
    return f"{caption}\n{format_table(table.header, table.rows, table.left)}"


def _lines(row: Sequence[str], given: Sequence[Cell], widths: Sequence[int], left: int) -> list[str]:
    """A row as one line, or several where texts go on below."""
    parts = [cell_lines(cell, width, number) for number, (cell, width) in enumerate(zip(row, widths, strict=True))]
    alone = [*_alone(parts[0], widths[0])] if row else []
    if alone:
        parts[0] = [""]
    found = list(alone)
    for at in range(max(map(len, parts))):
        line = []
        for number, (part, width) in enumerate(zip(parts, widths, strict=True)):
            text = part[at] if at < len(part) else ""
            space = " " * (width - display_width(text))
            cell = given[number] if number < len(given) else ""
            state = cell.state if isinstance(cell, Mark) else None
            line.append(styled(text, state) + space if number < left else space + styled(text, state))
        found.append(GAP.join(line))
    return found


def _alone(part: Sequence[str], width: int) -> list[str]:
    """The lines of a row's name that is too long for its column: they stand above the row."""
    return list(part) if any(display_width(line) > width for line in part) else []


def _blocks(cells: Sequence[Sequence[str]], rows: Sequence[Sequence[Cell]], room: int) -> list[str]:
    """Each row as its name, and below it a line for every other cell with its column's name."""
    header = cells[0]
    names = max((display_width(name) for name in header[1:]), default=0)
    lines = []
    for row, given in zip(cells[1:], rows, strict=True):
        lines += wrapped(row[0], room, _HANGING)
        for name, cell, of in zip(header[1:], row[1:], given[1:], strict=True):
            state = of.state if isinstance(of, Mark) else None
            if cell in _NOTHING:
                continue
            start = f"{name}{' ' * (names - display_width(name))}{GAP}" if name else ""
            space = " " * display_width(start)
            found = wrapped(cell, room - len(_HANGING) - len(space), _HANGING if start else "")
            lines += [f"{_HANGING}{space if at else start}{styled(line, state)}" for at, line in enumerate(found)]
    return lines
