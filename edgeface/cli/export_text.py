"""Exports as text and for JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeface.cli.findings import format_findings
from edgeface.cli.help_text import command_lines
from edgeface.cli.paragraph import paragraph
from edgeface.cli.program import program_words
from edgeface.cli.table import format_described, format_table
from edgeface.compile.report_options import LATENCY, REPORT
from edgeface.core.description import Mark

if TYPE_CHECKING:
    from edgeface.core.artifact import Artifact

_IMAGES = frozenset((".jpg", ".jpeg", ".png", ".bmp", ".webp"))


def format_export(artifacts: Sequence[Artifact], images: Path | None) -> str:
    """What each artifact was judged by, then a summary of all, where their reports are, and what to type next.

    Args:
        artifacts: those that were written.
        images: a folder of images that the next command may use; None without one.
    """
    parts = [part for artifact in artifacts for part in _judged(artifact)]
    return "\n\n".join([*parts, format_artifacts(artifacts), *_places(artifacts), _next(artifacts, images)])


def format_artifacts(artifacts: Sequence[Artifact]) -> str:
    """A table with a row for each artifact: target, verdict, size, and time against fp32 where it was measured."""
    from edgeface.validate.verdict import verdict

    rows = []
    for item in artifacts:
        found = verdict(item.certificate())
        size = f"{item.manifest.model_bytes / 1e3:.1f}"
        rows.append((item.manifest.target, Mark(found.headline, found.state), size, _ratio(item) or "–"))
    table = format_table(("target", "verdict", "kB", "× fp32's time here"), rows, left=2)
    busy = any("busy" in row[3] for row in rows)
    said = "busy: other programs ran while it was timed; `edgeface bench` measures it again"
    return f"{table}\n{paragraph(said)}" if busy else table


def artifact_document(artifact: Artifact) -> dict[str, Any]:
    """An artifact for JSON: its folder, report, manifest, certificate, and sentences on which target is quicker."""
    from edgeface.core.prediction_record import read_prediction
    from edgeface.core.processor_record import read_processor

    on_processor = read_processor(artifact)
    predicted = read_prediction(artifact)
    return {
        "folder": str(artifact.folder),
        "report": str(artifact.folder / REPORT),
        "manifest": artifact.manifest.model_dump(mode="json"),
        "certificate": artifact.certificate().as_dict(),
        "advice": list(_advice(artifact)),
        "prediction": None if predicted is None else predicted.as_dict(),
        "processor": None if on_processor is None else on_processor.as_dict(),
    }


def _advice(artifact: Artifact) -> tuple[str, ...]:
    """Which target tables of prices say to be quicker; nothing where times of targets are known."""
    from edgeface.core.processor_record import read_processor
    from edgeface.cost.prices.advice import every_advice
    from edgeface.cost.prices.processor import table_here

    known = read_processor(artifact)
    if known is not None and known.tells:
        return ()
    return every_advice(artifact.manifest.quantization, table_here())


def _judged(artifact: Artifact) -> Iterator[str]:
    """The verdict of an artifact with its tables, advice, and what was predicted for a board."""
    from edgeface.core.prediction_record import read_prediction
    from edgeface.core.processor_record import read_processor
    from edgeface.report.prediction import prediction
    from edgeface.report.processor import processor
    from edgeface.tasks import task_of

    name = f"{artifact.manifest.target}: "
    yield format_findings(artifact.certificate(), task_of(artifact.contract), name)
    yield from map(paragraph, _advice(artifact))
    known = read_processor(artifact)
    found = prediction(read_prediction(artifact)) if known is None else processor(known)
    if found is not None:
        parts = (paragraph(found.lead), *map(format_described, found.tables), *map(paragraph, found.evidence))
        yield from (part for part in parts if part)


def _ratio(artifact: Artifact) -> str | None:
    """How long one inference takes here, as a part of fp32's time; None where it was not measured."""
    from edgeface.report.collect import timed

    found = timed(artifact.folder / LATENCY)
    return None if found is None else f"{found['ratio']:.2f}{' (busy)' if found['busy'] else ''}"


def _places(artifacts: Sequence[Artifact]) -> Iterator[str]:
    lines = []
    for item in artifacts:
        lines += [f"artifact: {item.folder}", f"report:   {item.folder / REPORT}"]
    yield "\n".join(lines)


def _next(artifacts: Sequence[Artifact], images: Path | None) -> str:
    """Commands that show the first artifact at work, as the shell takes them."""
    from edgeface.backends import runtime_for
    from edgeface.bundle.examples import RUNTIMES
    from edgeface.tasks import task_of

    first, folder = artifacts[0], str(artifacts[0].folder)
    task = task_of(first.contract)
    commands: list[tuple[str, ...]] = [("bench", folder)]
    image = None if images is None else _first_image(images)
    if task.shown_by and image is not None:
        commands.insert(0, (task.shown_by, str(image), "--artifact", folder, "--out", "faces.jpg"))
    if task.shown_by and runtime_for(first.model_path).name in RUNTIMES:
        commands.append(("bundle", folder, "--device", "rk3399"))
    lines = [line for words in commands for line in command_lines(shlex.join([*program_words(), *words]), "          ")]
    return "next:" + "\n".join(lines)[len("next:") :]


def _first_image(folder: Path) -> Path | None:
    """The first image in a folder or its folders."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _IMAGES)
    return found[0] if found else None
