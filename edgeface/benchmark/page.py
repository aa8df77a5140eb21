"""The page of a benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeface.benchmark.record import PAGE, BenchmarkRecord, TargetRecord
from edgeface.benchmark.tables import (
    best,
    board_table,
    figures_table,
    measured_table,
    reasons,
    summary_table,
    time_table,
)
from edgeface.compile.report_options import REPORT
from edgeface.core.description import Table, Verdict
from edgeface.report.page import Bar
from edgeface.report.render import render
from edgeface.report.same_images import SameImages, same_images
from edgeface.report.seen import read_seen
from edgeface.report.write_page import write_page
from edgeface.version import __version__


@dataclass(frozen=True)
class Link:
    """A target and the page that says more of it."""

    target: str
    href: str
    text: str


@dataclass(frozen=True)
class BenchmarkPage:
    """The content of the page."""

    title: str
    lead: str
    verdict: Verdict
    summary: Table
    bars: tuple[tuple[str, tuple[Bar, ...]], ...]
    tables: tuple[Table, ...]
    reasons: tuple[str, ...]
    links: tuple[Link, ...]
    same: tuple[SameImages, ...]
    made: str


def write_benchmark_page(out: Path, found: BenchmarkRecord, refused: str) -> Path:
    """Write the page next to the artifacts, and return its path.

    Args:
        out: the folder of the benchmark.
        found: what was found.
        refused: the name of a refused target's report, with `{target}`.

    Raises:
        InputError: it cannot be written, or the file is not a report of edgeface.
    """
    path = out / PAGE
    write_page(path, render("benchmark.html", page=_page(found, out, refused)))
    return path


def _page(found: BenchmarkRecord, out: Path, refused: str) -> BenchmarkPage:
    board = board_table(found)
    tables = (figures_table(found), time_table(found), measured_table(found), board)
    machine = found.machine.get("processor", "")
    return BenchmarkPage(
        title=f"{found.model} on {len(found.targets)} targets",
        lead=f"{found.contract}; judged on {found.images} images that calibration did not see.",
        verdict=best(found),
        summary=summary_table(found),
        bars=tuple(_bars(found)),
        tables=tuple(table for table in tables if table is not None and table.rows),
        reasons=tuple(reasons(found)),
        links=tuple(link for each in found.targets if (link := _link(found.model, each, out, refused))),
        same=tuple(_same(found, out)),
        made=f"edgeface {__version__}, {found.date}, recipe {found.recipe} {found.recipe_sha256[:12]}"
        + (f", timed on {machine}" if machine else ""),
    )


def _same(found: BenchmarkRecord, out: Path) -> Iterator[SameImages]:
    """The images on which the written targets differ most, of those that kept what their judging showed."""
    written = [each.target for each in found.targets if each.outcome == "written"]
    kept = ((target, read_seen(out / f"{found.model}-{target}")) for target in written)
    shown = same_images(found.model, [(target, seen) for target, seen in kept if seen is not None])
    if shown is not None:
        yield shown


def _bars(found: BenchmarkRecord) -> list[tuple[str, tuple[Bar, ...]]]:
    timed = [(each.target, each.timed.median_ms) for each in found.targets if each.timed is not None]
    sizes = [(each.target, each.model_bytes / 1e3) for each in found.targets if each.outcome == "written"]
    board = [(each.target, each.predicted[0].expected_ms) for each in found.targets if each.predicted]
    given = (
        ("Median latency here in ms, one thread", timed, "{:.2f} ms"),
        (f"Predicted latency on {found.board} in ms", board, "{:.1f} ms"),
        ("Size of the model in kB", sizes, "{:,.0f} kB"),
    )
    return [(title, _shares(pairs, form)) for title, pairs, form in given if pairs]


def _shares(pairs: list[tuple[str, float]], form: str) -> tuple[Bar, ...]:
    most = max(value for _, value in pairs) or 1.0
    return tuple(Bar(name, form.format(value), round(100 * value / most, 1), True) for name, value in pairs)


def _link(model: str, each: TargetRecord, out: Path, refused: str) -> Link | None:
    written = each.outcome == "written"
    href = f"{model}-{each.target}/{REPORT}" if written else refused.format(target=each.target)
    return Link(each.target, href, "report" if written else "report of the refusal") if (out / href).is_file() else None
