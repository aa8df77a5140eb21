"""Latency of an export's artifacts against onnx-fp32 of the same graph, measured in a few seconds.

It is not a property of the inputs, and is therefore written to a separate file, `latency.json`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from edgeface.bench.load import current_load
from edgeface.bench.measure import BenchRequest, bench
from edgeface.bench.result import BenchReport, Measurement
from edgeface.compile.report_options import LATENCY
from edgeface.core.artifact import write_json
from edgeface.core.progress import note, step
from edgeface.core.writing import fill_file, make_folders
from edgeface.errors import EdgefaceError

ROUNDS, BATCH_MS = 9, 40.0
REFERENCE = "onnx-fp32"
NOT_ASKED = "Not measured: --no-latency was given."


def measure_latencies(
    staged: Mapping[str, Path], reference: bytes, folder: Path, meanwhile: Callable[[], None]
) -> dict[str, dict[str, Any]]:
    """The latencies of artifacts and the reference, in interleaved rounds with one thread; writes each `latency.json`.

    Args:
        staged: folders of artifacts by target, without engines.
        reference: the model of onnx-fp32.
        folder: for temporary files, which are removed.
        meanwhile: called while the processes that time start, if there are any.

    Returns:
        The content of each `latency.json`, by target. If a runtime fails, no file is written, and the content says why.
    """
    others = {name: path for name, path in staged.items() if name != REFERENCE}
    if not others:
        return {name: {"missing": f"Not measured: {REFERENCE} is the reference of the others."} for name in staged}
    load = current_load()
    models = folder / "latency"
    make_folders(models)
    path = models / "reference.onnx"
    fill_file(path, reference, "the model")
    try:
        with step("latency against onnx-fp32"):
            report = bench(BenchRequest([path, *others.values()], (1,), rounds=ROUNDS, batch_ms=BATCH_MS), meanwhile)
    except EdgefaceError as error:
        note(f"latency: not measured: {error.what}")
        return {target: {"missing": f"Not measured: {error.what}."} for target in staged}
    finally:
        shutil.rmtree(models)
    first, *further = report.measurements
    timed = {REFERENCE: first, **dict(zip(others, further, strict=True))}
    found = {name: _document(report, first, timed[name]) | {"load": load} for name in staged}
    for name, document in found.items():
        write_json(staged[name] / LATENCY, document)
    return found


def _document(report: BenchReport, reference: Measurement, item: Measurement) -> dict[str, Any]:
    named = {"artifact": item, REFERENCE: reference}
    measured = {name: {k: v for k, v in asdict(found).items() if k != "label"} for name, found in named.items()}
    return {
        "format": 1,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "threads": 1,
        "rounds": report.rounds,
        "machine": report.machine,
        "peak_gops": report.peak_gops,
        "measured": measured,
    }
