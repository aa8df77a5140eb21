"""The report's boards: what was measured on each, joined to a page that was written before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from edgeface.compile.report_options import REPORT
from edgeface.core.artifact import Artifact
from edgeface.core.description import Mark, Table, Tile
from edgeface.core.progress import note
from edgeface.devices.board_record import BoardRecord, RecordedLatency, RecordedTime, read_records, save_record
from edgeface.devices.check import DeviceReport
from edgeface.devices.state import DeviceState
from edgeface.errors import EdgefaceError
from edgeface.reading import kinds
from edgeface.reading.document import read_text
from edgeface.reading.regular_file import is_file
from edgeface.report.page import Bar, Board
from edgeface.report.render import render
from edgeface.report.write_page import write_page

PARTS = ("boards-link", "boards-tiles", "boards")
"""Parts of a report that are filled once boards are measured; a comment stands before and after each."""


def keep_measured(artifact: Artifact, report: DeviceReport, on: date) -> Path | None:
    """The file beside the artifact that keeps what a board measured, which its report then shows too.

    None where there is no latency, as of an emulated device, or where nothing can be written, as a note says: what was
    measured is printed all the same.

    Args:
        artifact: the artifact that was measured.
        report: what was measured.
        on: the day.
    """
    try:
        path = save_record(artifact, report, on)
        if path is not None and join_boards(artifact) is None:
            note("no report shows it: export the artifact again, or see `edgeface report`")
    except EdgefaceError as error:
        note(f"the measurement is not kept: {error}")
        return None
    return path


def boards(records: Iterable[BoardRecord]) -> tuple[Board, ...]:
    """Each board as it is shown."""
    return tuple(_board(record) for record in records)


def join_boards(artifact: Artifact) -> Path | None:
    """Show the boards that were measured in the artifact's report; None where it has none that can show them.

    Raises:
        InputError: a record or the report cannot be read.
        WriteError: the report cannot be written.
    """
    path = artifact.folder / REPORT
    if not is_file(path):
        return None
    found = boards(read_records(artifact.folder, artifact.manifest.model_sha256))
    text = joined(read_text(path, kinds.REPORT), found)
    if text is None:
        return None
    write_page(path, text)
    return path


def joined(text: str, shown: Sequence[Board]) -> str | None:
    """A report with these boards in place of those that it shows; None where it has no place for them."""
    for part in PARTS:
        begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
        if text.count(begin) != 1 or text.count(end) != 1 or text.index(end) < text.index(begin):
            return None
        before, after = text[: text.index(begin)], text[text.index(end) + len(end) :]
        text = f"{before}{begin}\n{render(f'{part}.html', boards=shown)}{end}{after}"
    return text


def best_words(record: BoardRecord) -> str:
    """The smallest median, with its threads, e.g. "26.1 ms, 2 threads"."""
    best = record.latency.best
    return f"{best.median_ms:.3g} ms, {_threads(best.threads)}"


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def _board(record: BoardRecord) -> Board:
    found = record.latency
    slowest = max(1e-9, *(each.median_ms for each in found.sweep))
    best = found.best
    return Board(
        record.on,
        f"{found.device}. {found.path} {found.version}, measured on {record.date} by edgeface {record.edgeface}.",
        tuple(_bar(each, slowest, each == best) for each in found.sweep),
        (_sweep(record), _same(record), _state(found)),
        tuple(found.warnings),
        Tile(
            f"measured on {record.on}",
            f"{best.median_ms:.3g} ms",
            f"{_threads(best.threads)}, {found.path} {found.version}, on {record.date}"
            + ("; see its warnings" if found.warnings else ""),
        ),
    )


def _bar(found: RecordedTime, slowest: float, best: bool) -> Bar:
    return Bar(_threads(found.threads), f"{found.median_ms:.3g} ms", round(100 * found.median_ms / slowest, 2), best)


def _sweep(record: BoardRecord) -> Table:
    rows = tuple(
        (
            str(each.threads),
            f"{each.median_ms:.2f}",
            f"{each.p10_ms:.2f}–{each.p90_ms:.2f}",
            f"{1000 / each.median_ms:.1f}" if each.median_ms else "–",
            ", ".join(map(str, each.cpus)) if each.unpinned is None else "not pinned",
        )
        for each in record.latency.sweep
    )
    return Table(f"One inference on {record.on}", ("threads", "median ms", "p10–p90 ms", "per second", "cores"), rows)


def _same(record: BoardRecord) -> Table:
    """Whether the board computes what this machine computes."""
    rows = tuple(
        (each.path, f"{each.here} / {each.there}", each.requirement, _mark(each.passed)) for each in record.paths
    )
    caption = f"The same there as here, on {record.images} images"
    return Table(caption, ("runtime", "here / there", "required", ""), rows, left=4)


def _mark(passed: bool) -> Mark:
    return Mark("met", "good") if passed else Mark("missed", "bad")


def _state(found: RecordedLatency) -> Table:
    rows = tuple(_facts(found.before, found.after))
    return Table("Its state, before and after", ("", "before", "after"), rows, left=3)


def _facts(before: DeviceState, after: DeviceState) -> Iterator[tuple[str, str, str]]:
    yield "clocks", _clocks(before), _clocks(after)
    yield "governor", _governors(before), _governors(after)
    yield "warmest", _warmest(before), _warmest(after)


def _clocks(state: DeviceState) -> str:
    """The clocks of each kind of core, as they are and at most."""
    known = [(cpu.now_khz // 1000, cpu.max_khz // 1000) for cpu in state.cpus if cpu.now_khz and cpu.max_khz]
    kinds_of = dict.fromkeys(known)
    return ", ".join(f"{known.count(kind)}× {kind[0]} of {kind[1]} MHz" for kind in kinds_of) or "not known"


def _governors(state: DeviceState) -> str:
    return ", ".join(sorted({cpu.governor for cpu in state.cpus if cpu.governor})) or "not known"


def _warmest(state: DeviceState) -> str:
    warmest = max(state.zones, key=lambda zone: zone.celsius, default=None)
    return "not known" if warmest is None else f"{warmest.celsius:.0f} °C ({warmest.name})"
