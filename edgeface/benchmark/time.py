"""The times of a benchmark's artifacts, in interleaved rounds against the float32 baseline."""

from __future__ import annotations

from edgeface.bench.measure import BenchRequest, bench
from edgeface.bench.result import Measurement
from edgeface.benchmark.record import BenchmarkRecord, Measured, TargetRecord, Timed
from edgeface.core.progress import note, step
from edgeface.devices.board_record import BoardRecord, read_records
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


def with_boards(found: BenchmarkRecord, asked: Checked) -> BenchmarkRecord:
    """The benchmark with what boards took, where `edgeface parity --on` has measured artifacts on them."""

    def measured(each: TargetRecord) -> TargetRecord:
        if each.outcome != "written":
            return each
        records = read_records(asked.folder(each.target), each.model_sha256)
        return each.model_copy(update={"measured": tuple(map(_measured, records))})

    return found.model_copy(update={"targets": tuple(map(measured, found.targets))})


def _measured(record: BoardRecord) -> Measured:
    best = record.latency.best
    return Measured(
        board=record.on,
        median_ms=best.median_ms,
        threads=best.threads,
        runtime=f"{record.latency.path} {record.latency.version}",
        date=record.date,
    )
