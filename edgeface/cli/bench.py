"""`edgeface bench`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeface.cli.options import Json, parse_counts
from edgeface.cli.paragraph import paragraph
from edgeface.cli.reporting import print_json
from edgeface.cli.table import format_table

if TYPE_CHECKING:
    from edgeface.bench.result import BenchReport, Measurement

EXAMPLES = (
    "edgeface bench out/retinaface_mnet025-tflite-int8",
    "edgeface bench out/retinaface_mnet025-* --threads 1,2",
)

_HEADER = ("artifact", "threads", "median ms", "p10–p90", "× baseline", "95 %", "of peak")


def bench(
    artifacts: Annotated[list[Path], typer.Argument(help="Artifact folders, or files .onnx, .tflite, .param or .xml.")],
    threads: Annotated[str, typer.Option(help="Thread counts, e.g. 1,2.")] = "1",
    baseline: Annotated[Path | None, typer.Option(help="Artifact that ratios refer to; the first by default.")] = None,
    rounds: Annotated[int, typer.Option(help="Interleaved rounds, 3 or more.")] = 15,
    max_ratio: Annotated[float | None, typer.Option(help="Exit 1 if a ratio to the baseline is above this.")] = None,
    on: Annotated[
        str, typer.Option(help="What runs it: x86 (this processor), gpu, or a board by ssh:HOST or adb[:SERIAL].")
    ] = "x86",
    batch: Annotated[str, typer.Option(help="Batch sizes, e.g. 1,8,64; for models with a dynamic batch.")] = "1",
    json_output: Json = False,
) -> None:
    """Measure latency on this machine or a board against a baseline.

    Artifacts run in separate processes, in interleaved rounds; on this processor also against its core's measured peak,
    on a board pinned to its fastest cores. What an emulated core would take says `edgeface predict`.
    """
    from edgeface.bench.measure import BenchRequest
    from edgeface.bench.measure import bench as measure
    from edgeface.devices.parse import parse_device

    counts = parse_counts(threads, "--threads")
    batches = parse_counts(batch, "--batch")
    report = measure(BenchRequest(artifacts, counts, baseline, rounds, batches=batches, on=parse_device(on)))
    slow = () if max_ratio is None else report.slower_than(max_ratio)
    if json_output:
        gate = None if max_ratio is None else {"max_ratio": max_ratio, "passed": not slow}
        print_json(report.as_dict() | {"gate": gate})
    else:
        print(format_report(report))
    for item in slow:
        print(
            f"gate: {item.label} at {item.threads} thread(s)"
            f"{f' and batch {item.batch}' if item.batch > 1 else ''} takes {item.ratio:.3f} times as long as "
            f"{report.baseline}, more than {max_ratio:g}",
            file=sys.stderr,
        )
    if slow:
        raise typer.Exit(1)


def format_report(report: BenchReport) -> str:
    """A table of measurements, and below it baseline, peak, and which artifact is the fastest."""
    from edgeface.bench.fastest import sentence

    table = format_table(_HEADER, [_row(item) for item in report.measurements])
    if any(item.batch > 1 for item in report.measurements):
        rows = [(*_row(item)[:2], *_batch(item), *_row(item)[2:]) for item in report.measurements]
        table = format_table((*_HEADER[:2], "batch", "images/s", *_HEADER[2:]), rows)
    lines = [f"baseline: {report.baseline}; {report.rounds} rounds"]
    if report.peak_gops:
        peaks = ", ".join(
            f"{gops:.0f} G{'FLOP' if kind == 'fp32' else 'OP'}/s {kind}" for kind, gops in report.peak_gops.items()
        )
        lines.append(f"peak of one core, measured in between: {peaks} ({report.machine['processor']})")
    else:
        copies = ", copies to and from it included" if report.on == "gpu" else ""
        lines.append(f"on {report.on}{copies}: {'; '.join(report.notes)}")
    lines += [sentence(found, _place(report)) for found in report.fastest]
    return "\n".join([table, "", *map(paragraph, (*lines, *report.advice))])


def _place(report: BenchReport) -> str:
    """What ran the artifacts: this processor and its class, or another device."""
    named = report.machine.get("class")
    return report.on if report.on != "x86" else f"this processor ({named})" if named else "this processor"


def _batch(item: Measurement) -> tuple[str, str]:
    return str(item.batch), f"{1000 * item.batch / item.median_ms:.0f}"


def _row(item: Measurement) -> tuple[str, ...]:
    return (
        item.label,
        str(item.threads),
        f"{item.median_ms:.3f}",
        f"{item.p10_ms:.3f}–{item.p90_ms:.3f}",
        f"{item.ratio:.3f}",
        f"[{item.ratio_low:.3f}, {item.ratio_high:.3f}]",
        "–" if item.peak_share is None else f"{item.peak_share:.0%}",
    )
