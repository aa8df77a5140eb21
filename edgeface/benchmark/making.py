"""One target of a benchmark: built, judged, repaired if need be, and its artifact staged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from edgeface.backends import target
from edgeface.benchmark.describe import target_record
from edgeface.benchmark.record import TargetRecord
from edgeface.compile.build import build
from edgeface.compile.job import Job
from edgeface.compile.stage import Staged
from edgeface.errors import GraphError, RuntimeFailure
from edgeface.exporting.checked import Checked
from edgeface.exporting.for_board import Predictor
from edgeface.exporting.forecasts import Forecasts
from edgeface.exporting.reports import ExportReports
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats
from edgeface.tasks import task_of


@dataclass(frozen=True)
class Making:
    """What targets are made of: the opened request, its statistics, and the temporary folder for their artifacts."""

    asked: Checked
    job: Job
    stats: CalibrationStats | None
    folder: Path


def make_target(making: Making, started: TargetRecord, refused: Path) -> TargetRecord:
    """The record of a target, without its time; its artifact is in the temporary folder if it is good enough.

    Args:
        making: what it is made of.
        started: with its name and key.
        refused: where the report is written if it is not.

    Raises:
        InputError: an image cannot be used, or something cannot be written.
    """
    try:
        staged, forecasts = _attempt(making, started.target, refused)
    except (GraphError, RuntimeFailure) as error:  # of this target: others may do
        return started.model_copy(update={"why": f"{error.what}; {error.fix}" if error.fix else error.what})
    return target_record(started, staged, forecasts.records.get(started.target), task_of(making.job.source.contract))


def _attempt(making: Making, name: str, refused: Path) -> tuple[Staged, Forecasts]:
    job, board = making.job, making.asked.board
    report = replace(making.asked.request.report, refused=refused, latency=False)
    request = replace(making.asked.request, targets=(name,), report=report)
    reports = ExportReports(job, request)
    validation = Validation(job, request, making.folder, reports)
    (staged,) = validation.attempts([build(job, target(name), making.stats)], making.stats)
    forecasts = Forecasts(None if board is None else Predictor(board))
    if staged.refusal is None:
        forecasts.add([staged])
        reports.write([staged], making.folder, forecasts.records)
    return staged, forecasts
