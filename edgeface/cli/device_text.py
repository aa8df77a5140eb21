"""Text output of `edgeface parity --on DEVICE`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.cli.paragraph import paragraph
from edgeface.cli.table import format_table
from edgeface.core.description import Cell, Mark

if TYPE_CHECKING:
    from edgeface.devices.check import DeviceReport
    from edgeface.devices.latency import DeviceLatency
    from edgeface.devices.parity import DeviceParity, PathParity


def format_device(report: DeviceReport) -> str:
    """Tables of parity and, for a real device, of latency."""
    parts = [format_parity(report.parity)]
    if report.latency is not None:
        parts.append(format_latency(report.latency))
    return "\n\n".join(parts)


def format_parity(parity: DeviceParity) -> str:
    """A row for each runtime, and below it the first difference."""
    rows = [_row(path) for path in parity.paths]
    table = format_table(("path", "here", str(parity.device), "differ", "largest", "required", ""), rows)
    lines = [line for path in parity.paths for line in _origin(path)]
    lines += [f"not compared: {path}: {why}" for path, why in parity.absent.items()]
    title = paragraph(f"{parity.artifact} on {parity.device}, {parity.images} images")
    return "\n".join([title, "", table, *map(paragraph, lines)])


def format_latency(latency: DeviceLatency) -> str:
    """A row for each number of threads, and below it warnings."""
    rows = [
        (
            str(item.threads),
            ",".join(map(str, item.cpus)) if item.unpinned is None else "not pinned",
            f"{item.median_ms:.2f}",
            f"{item.p10_ms:.2f}–{item.p90_ms:.2f}",
        )
        for item in latency.sweep
    ]
    table = format_table(("threads", "processors", "median ms", "p10–p90"), rows)
    heading = paragraph(f"{latency.before.summary()}; {latency.path} {latency.version}")
    return "\n".join([heading, "", table, *(paragraph(f"warning: {line}") for line in latency.warnings)])


def _row(path: PathParity) -> tuple[Cell, ...]:
    total = path.total
    largest = "0" if total.identical else f"{total.max_abs:.2g}"
    verdict = Mark("ok", "good") if path.passed else Mark("FAILS", "bad")
    return path.name, *path.versions, f"{total.differing}/{total.values}", largest, path.requirement, verdict


def _origin(path: PathParity) -> list[str]:
    first = path.first
    if first is None:
        return []
    return [
        f"{path.name}: first differing tensor on image {path.traced}: {first.tensor} of operator {first.number}, "
        f"{first.op}: {first.found.differing} of {first.found.values} values, by up to {first.found.max_abs:.2g}"
    ]
