"""A benchmark as tables, the same for terminal and page."""

from __future__ import annotations

from edgeface.benchmark.record import BenchmarkRecord, TargetRecord
from edgeface.core.description import Cell, Mark, Table, Verdict

_NOTHING = "–"
_OUTCOME = {"refused": "refused", "impossible": "not possible"}


def summary_table(found: BenchmarkRecord) -> Table:
    """A row for each target: verdict, its main figure, size, latency here and on the board, memory."""
    board = ("board ms",) if _has_board(found) else ()
    header = ("target", "verdict", _label(found), "95 %", "kB", "× fp32", "95 %", *board, "MB")
    rows = tuple(_row(each, bool(board)) for each in found.targets)
    return Table(f"{found.model}: every target on the same {found.images} images", header, rows, left=2)


def figures_table(found: BenchmarkRecord) -> Table:
    """Every figure of every verdict, with its cases and interval."""
    rows = tuple(
        (each.target, figure.label, figure.value, figure.interval or _NOTHING, figure.cases)
        for each in found.targets
        for figure in each.figures
    )
    return Table("What the verdicts rest on", ("target", "figure", "measured", "95 % interval", "n"), rows, left=2)


def time_table(found: BenchmarkRecord) -> Table:
    """Latencies here, in milliseconds and against the baseline."""
    rows = tuple(
        (
            each.target,
            f"{each.timed.median_ms:.3f}",
            f"{each.timed.ratio:.3f}",
            f"{each.timed.ratio_low:.3f}–{each.timed.ratio_high:.3f}",
            _megabytes(each),
        )
        for each in found.targets
        if each.timed is not None
    )
    header = ("target", "median ms", f"× {found.baseline}", "95 % interval", "memory MB")
    return Table("One inference here, one thread, interleaved", header, rows)


def board_table(found: BenchmarkRecord) -> Table | None:
    """Predictions for the board, in each runtime; None without a board."""
    if not found.board:
        return None
    rows = [
        (
            each.target,
            f"{p.runtime} {p.version}",
            f"{p.threads} × {p.core.upper()}",
            f"{p.low_ms:.1f}–{p.high_ms:.1f}",
            f"{p.expected_ms:.1f}",
        )
        for each in found.targets
        for p in each.predicted
    ]
    header = ("target", "runtime", "cores", "range ms", "expected ms")
    return Table(f"Predicted, not measured: {found.board}", header, tuple(rows), left=3)


def reasons(found: BenchmarkRecord) -> list[str]:
    """Why targets have no artifact, or no prediction."""
    lines = [f"{each.target}: {_OUTCOME[each.outcome]}: {each.why}" for each in found.targets if each.why]
    return lines + [f"{each.target}: no prediction: {each.unpredicted}" for each in found.targets if each.unpredicted]


def best(found: BenchmarkRecord) -> Verdict:
    """The quickest target here that passed its gate, and the quickest on the board."""
    good = [each for each in found.targets if each.outcome == "written"]
    if not good:
        return Verdict("bad", "No target passed", "Every target was refused, or cannot be made of this network.")
    said = []
    timed = [(each.timed.ratio, each.target) for each in good if each.timed is not None]
    if timed:
        ratio, name = min(timed)
        said.append(f"Quickest here: {name}, {ratio:.2f} × the time of {found.baseline}.")
    board = [(each.predicted[0].expected_ms, each.target) for each in good if each.predicted]
    if board:
        ms, name = min(board)
        said.append(f"Quickest on {found.board}, as predicted: {name}, {ms:.1f} ms.")
    smallest = min(good, key=lambda each: each.model_bytes)
    said.append(f"Smallest: {smallest.target}, {smallest.model_bytes / 1e3:,.0f} kB.")
    shown = all(each.state == "good" for each in good)
    return Verdict(
        "good" if shown else "unsure",
        f"{len(good)} of {len(found.targets)} targets passed"
        + ("" if shown else "; not all are shown to be good enough"),
        " ".join(said),
    )


def measured_table(found: BenchmarkRecord) -> Table | None:
    """What boards took; None where none was measured."""
    rows = [
        (each.target, m.board, m.runtime, f"{m.threads}", m.date, f"{m.median_ms:.2f}")
        for each in found.targets
        for m in each.measured
    ]
    header = ("target", "board", "runtime", "threads", "day", "median ms")
    return Table("Measured on boards, the best number of threads", header, tuple(rows), left=3) if rows else None


def _has_board(found: BenchmarkRecord) -> bool:
    return bool(found.board) or any(each.measured for each in found.targets)


def _board_ms(each: TargetRecord) -> str:
    """Measured if a board did, else as predicted, with a sign that says so."""
    if each.measured:
        return f"{min(m.median_ms for m in each.measured):.1f}"
    return f"~{each.predicted[0].expected_ms:.1f}" if each.predicted else _NOTHING


def _label(found: BenchmarkRecord) -> str:
    return next((each.figures[0].label for each in found.targets if each.figures), "decisions")


def _row(each: TargetRecord, board: bool) -> tuple[Cell, ...]:
    figure = each.figures[0] if each.figures else None
    timed = each.timed
    return (
        each.target,
        _verdict(each),
        _NOTHING if figure is None else figure.value,
        (_NOTHING if figure is None else figure.interval) or _NOTHING,
        f"{each.model_bytes / 1e3:,.0f}" if each.model_bytes else _NOTHING,
        _NOTHING if timed is None else f"{timed.ratio:.2f}",
        _NOTHING if timed is None else f"{timed.ratio_low:.2f}–{timed.ratio_high:.2f}",
        *((_board_ms(each),) if board else ()),
        _megabytes(each),
    )


def _verdict(each: TargetRecord) -> Mark:
    if each.outcome != "written":
        return Mark(_OUTCOME[each.outcome], "bad")
    return Mark({"good": "good", "unsure": "not shown", "bad": "bad"}[each.state or "bad"], each.state or "bad")


def _megabytes(each: TargetRecord) -> str:
    memory = None if each.timed is None else each.timed.memory_bytes
    return _NOTHING if memory is None else f"{memory / 1e6:.1f}"
