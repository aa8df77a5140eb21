"""The matrix page of many artifacts: models by targets, and a table for each model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from edgeface.core.description import Mark, Table
from edgeface.report.boards import best_words
from edgeface.report.collect import Collection, Entry
from edgeface.report.render import render
from edgeface.report.same_images import SameImages, same_images
from edgeface.version import __version__


@dataclass(frozen=True)
class Square:
    """An artifact in the matrix; `link` points to its report, "" without one."""

    verdict: Mark
    figures: tuple[str, ...]
    link: str
    name: str


@dataclass(frozen=True)
class Row:
    """A model with the artifacts of each target; most cells hold one or none."""

    model: str
    squares: tuple[tuple[Square, ...], ...]


@dataclass(frozen=True)
class Matrix:
    """The content of `index.html`."""

    title: str
    targets: tuple[str, ...]
    rows: tuple[Row, ...]
    models: tuple[Table, ...]
    boards: Table | None
    same: tuple[SameImages, ...]
    problems: Table | None
    summary: str
    version: str


def render_matrix(found: Collection, path: Path) -> str:
    """The page as HTML, with links relative to `path`, the file that it is written to."""
    return render("index.html", page=matrix(found, path))


def matrix(found: Collection, path: Path) -> Matrix:
    """The matrix, with models and targets sorted by name."""
    targets = tuple(sorted({entry.artifact.manifest.target for entry in found.entries}))
    models = sorted({entry.model for entry in found.entries})
    by_model = {model: [entry for entry in found.entries if entry.model == model] for model in models}
    rows = tuple(
        Row(
            model,
            tuple(
                tuple(_square(e, found.root, path) for e in entries if e.artifact.manifest.target == name)
                for name in targets
            ),
        )
        for model, entries in by_model.items()
    )
    tables = tuple(_comparison(model, entries, found.root) for model, entries in by_model.items())
    return Matrix(
        title=found.root.resolve().name,
        targets=targets,
        rows=rows,
        models=tables,
        boards=_boards(found),
        same=tuple(_same(by_model, found.root)),
        problems=_problems(found),
        summary=_summary(found, len(models)),
        version=__version__,
    )


def document(found: Collection, path: Path) -> dict[str, Any]:
    """The matrix for JSON."""
    return {
        "report": str(path),
        "artifacts": [_artifact(entry) for entry in found.entries],
        "problems": [
            {"folder": str(problem.folder), "reason": problem.reason, "stale": problem.stale}
            for problem in found.problems
        ],
    }


def _artifact(entry: Entry) -> dict[str, Any]:
    manifest, glance = entry.artifact.manifest, entry.accuracy
    return {
        "folder": str(entry.artifact.folder),
        "model": entry.model,
        "target": manifest.target,
        "state": entry.verdict.state,
        "verdict": entry.verdict.headline,
        "accuracy": None if glance is None else {"what": glance.label, "figure": glance.figure, "note": glance.note},
        "least_snr_db": entry.min_snr_db,
        "model_bytes": manifest.model_bytes,
        "latency": entry.timed,
        "boards": [record.model_dump(mode="json") for record in entry.boards],
        "report": None if entry.report is None else str(entry.report),
    }


def _square(entry: Entry, root: Path, path: Path) -> Square:
    figures = [f"{entry.accuracy.label} {entry.accuracy.figure}"] if entry.accuracy else []
    figures.append(f"{entry.artifact.manifest.model_bytes / 1e3:,.0f} kB")
    rough = ", rough: busy machine" if entry.timed and entry.timed["busy"] else ""
    figures.append(f"{entry.timed['ratio']:.2f} × fp32's latency{rough}" if entry.timed else "latency not measured")
    figures += [f"{best_words(record)} on {record.on}" for record in entry.boards]
    link = "" if entry.report is None else quote(os.path.relpath(entry.report.resolve(), path.resolve().parent))
    return Square(
        Mark(entry.verdict.headline, entry.verdict.state), tuple(figures), link, _name(entry.artifact.folder, root)
    )


def _comparison(model: str, entries: list[Entry], root: Path) -> Table:
    header = ("artifact", "verdict", "decisions", "minimum SNR dB", "kB", "median ms", "× fp32, 95 % interval")
    return Table(model, header, tuple(_line(entry, root) for entry in entries), left=3)


def _line(entry: Entry, root: Path) -> tuple[str | Mark, ...]:
    timed, glance = entry.timed, entry.accuracy
    return (
        _name(entry.artifact.folder, root),
        Mark(entry.verdict.headline, entry.verdict.state),
        "not judged" if glance is None else f"{glance.label} {glance.figure}",
        "–" if entry.min_snr_db is None else f"{entry.min_snr_db:.1f}",
        f"{entry.artifact.manifest.model_bytes / 1e3:,.1f}",
        "–" if timed is None else f"{timed['median_ms']:.3f}",
        "–" if timed is None else f"{timed['ratio']:.3f} [{timed['ratio_low']:.3f}, {timed['ratio_high']:.3f}]",
    )


def _boards(found: Collection) -> Table | None:
    """What was measured on boards, by `edgeface parity --on`."""
    rows = tuple(
        (
            _name(entry.artifact.folder, found.root),
            record.on,
            best_words(record),
            Mark("met", "good") if record.passed else Mark("missed", "bad"),
            f"{record.latency.path} {record.latency.version}",
            record.date,
            "; ".join(record.latency.warnings) or "–",
        )
        for entry in found.entries
        for record in entry.boards
    )
    header = ("artifact", "on", "median", "the same there", "runtime", "date", "warnings")
    return Table("Measured on boards: one inference", header, rows, left=7) if rows else None


def _same(by_model: Mapping[str, list[Entry]], root: Path) -> Iterator[SameImages]:
    for model, entries in by_model.items():
        targets = [entry.artifact.manifest.target for entry in entries]
        named = [
            (target if targets.count(target) == 1 else _name(entry.artifact.folder, root), entry.seen)
            for target, entry in zip(targets, entries, strict=True)
        ]
        shown = same_images(model, [(name, seen) for name, seen in named if seen is not None])
        if shown is not None:
            yield shown


def _problems(found: Collection) -> Table | None:
    rows = tuple(
        (_name(problem.folder, found.root), Mark("stale" if problem.stale else "damaged", "bad"), problem.reason)
        for problem in found.problems
    )
    return Table("Folders that are not usable artifacts", ("folder", "state", "why"), rows, left=3) if rows else None


def _summary(found: Collection, models: int) -> str:
    states = [entry.verdict.state for entry in found.entries]
    counted = [
        f"{states.count(state)} {words}"
        for state, words in (
            ("good", "good enough on images"),
            ("unsure", "not shown to be good on images"),
            ("bad", "not good enough"),
        )
        if state in states
    ]
    count = len(states)
    named = f"{count} artifact{'s' if count > 1 else ''} of {models} model{'s' if models > 1 else ''}"
    left = f", and {len(found.problems)} that cannot be used" if found.problems else ""
    return f"{named}: {', '.join(counted) or 'none'}{left}."


def _name(folder: Path, root: Path) -> str:
    below = os.path.relpath(folder, root)
    return folder.resolve().name if below == "." else below
