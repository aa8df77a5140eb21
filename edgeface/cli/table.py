"""Plain text tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgeface.core.visible import visible

if TYPE_CHECKING:
    from edgeface.core.description import Table


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Rows in columns as wide as their widest cell; the first `left` columns flush left, others right."""
    cells = [[visible(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for row in cells:
        padded = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def format_described(table: Table) -> str:
    """A table with its caption, a line below it, and the rows."""
    rows = [[cell if isinstance(cell, str) else cell.text for cell in row] for row in table.rows]
    return f"{table.caption}\n{format_table(table.header, rows, table.left)}"
