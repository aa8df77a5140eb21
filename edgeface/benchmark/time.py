"""The times of a benchmark's artifacts, in interleaved rounds against the float32 baseline."""

from __future__ import annotations

from edgeface.bench.measure import BenchRequest, bench
from edgeface.bench.result import Measurement
from edgeface.benchmark.record import BenchmarkRecord, TargetRecord, Timed
from edgeface.core.progress import note, step
from edgeface.errors import EdgefaceError
from edgeface.exporting.checked import Checked

ROUNDS = 15


def timed(found: BenchmarkRecord, asked: Checked, rounds: int = ROUNDS) -> BenchmarkRecord:
    """The benchmark with the time of every artifact that was written.

    All are timed again if one was not: ratios are of one session.
    """
    written = [each for each in found.targets if each.outcome == "written"]
    if not written or all(each.timed is not None for each in written):
        return found
    folders = [asked.folder(each.target) for each in written]
    try:
        with step("latency, all targets side by side"):
            report = bench(BenchRequest(folders, (1,), rounds=rounds))
    except EdgefaceError as error:
        note(f"latency: not measured: {error.what}")
        return found
    times = {each.target: _timed(item) for each, item in zip(written, report.measurements, strict=True)}

    def with_time(record: TargetRecord) -> TargetRecord:
        return record.model_copy(update={"timed": times.get(record.target)})

    return found.model_copy(
        update={
            "targets": tuple(with_time(each) for each in found.targets),
            "machine": report.machine,
            "baseline": written[0].target,
        }
    )


def _timed(item: Measurement) -> Timed:
    return Timed(
        median_ms=item.median_ms,
        ratio=item.ratio,
        ratio_low=item.ratio_low,
        ratio_high=item.ratio_high,
        memory_bytes=item.memory_bytes,
    )
