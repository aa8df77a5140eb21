"""The refusal of a gate as text: what was missed, the worst tensors with their cure, and where the report is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence

from edgeface.cli.error_part import error_part
from edgeface.core.description import Cell, Mark
from edgeface.core.style import styled
from edgeface.core.terminal import columns
from edgeface.core.visible import visible
from edgeface.core.wrapping import wrapped
from edgeface.errors import GateError, Refused

_INDENT = "  "
_SHOWN = 3


def format_refusal(error: GateError, refused: Refused) -> str:
    """A refusal on stderr: one line that says what, short tables, what was tried, and where to look."""
    number, all_ = len(refused.missed), refused.required
    missed = f"{number} of {all_} requirements {'is' if number == 1 else 'are'} missed"
    what = "\n".join(error_part("error: ", f"{refused.target} is not good enough: {missed}", "bad"))
    return "\n\n".join([what, *_tables(refused), *_tried(error), "\n".join(_ways_out(error, refused))])


def _tables(refused: Refused) -> Iterator[str]:
    rows = [(what, Mark(measured, "bad"), limit) for what, measured, limit in refused.missed[:_SHOWN]]
    yield _table(("missed", "measured", "required"), rows, 3)
    if refused.worst:
        lost = [
            (each.node, f"{each.snr_db:.1f}", "exact" if each.inputs_db is None else f"{each.inputs_db:.1f}", each.cure)
            for each in refused.worst
        ]
        yield _table(("loses the most", "SNR dB", "its inputs", "cure"), lost, 4)


def _table(header: Sequence[str], rows: Sequence[Sequence[Cell]], left: int) -> str:
    from edgeface.cli.table import format_table

    return format_table(header, rows, left, columns(sys.stderr), _INDENT)


def _ways_out(error: GateError, refused: Refused) -> Iterator[str]:
    """A recipe that cures the worst tensors, what else helps, and the report."""
    lines: dict[str, list[str]] = {}
    for each in refused.worst:
        if each.recipe_line is not None:
            section, pattern = each.recipe_line
            lines.setdefault(section, []).append(f'{json.dumps(pattern, ensure_ascii=False)} = "refused without"')
    if lines:
        yield from _prose(
            "to try this: `edgeface recipe MODEL > my.toml`, add these lines, export with --recipe my.toml:"
        )
        for section, listed in lines.items():
            yield f"{_INDENT * 2}[{section}]"
            yield from (visible(f"{_INDENT * 2}{line}") for line in dict.fromkeys(listed))
    yield from error_part(f"{_INDENT}fix:    ", error.fix or "relax [gates] knowingly")
    written = error.report
    how = "--refused-report refused.html writes one, with the worst images and every layer"
    yield from error_part(f"{_INDENT}report: ", how if written is None else written)


def _prose(text: str) -> list[str]:
    return wrapped(f"{_INDENT}{text}", columns(sys.stderr), _INDENT)


def _tried(error: GateError) -> Iterator[str]:
    """What a repair tried, as a table of accuracy against time."""
    repair = error.repair
    if repair is not None:
        from edgeface.core.repair_table import repair_table

        found = repair_table(repair)
        table = _table(found.header, [tuple(row) for row in found.rows], found.left)
        title = styled(f"{_INDENT}{found.caption}", "strong")
        yield "\n".join([*_prose(visible(repair.summary)), "", title, table])
