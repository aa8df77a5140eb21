"""Export: source → graph → passes → legalize → calibrate → plan → emit → judge → artifact, and its report."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends.needed import refuse_missing
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.export_images import export_images
from edgeface.compile.job import Job
from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.memory import release_memory
from edgeface.core.staging import move_into_place, staging
from edgeface.exporting.checked import Checked, checked_request
from edgeface.exporting.for_board import Predictor
from edgeface.exporting.forecasts import Forecasts
from edgeface.exporting.processor_forecasts import ProcessorForecasts
from edgeface.exporting.processor_times import ProcessorTimes
from edgeface.exporting.reports import ExportReports
from edgeface.exporting.trials import with_candidates
from edgeface.exporting.validation import Validation


@one_blas_thread()
def export(request: ExportRequest) -> list[Artifact]:
    """The artifacts of a model for every target; each is judged, and either all or none are written.

    A request for a board or a class of processors without targets writes one artifact: of the target that is predicted,
    or here measured, to be the quickest there of those that pass the gate.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: an input cannot be used, an option is of no use to any
            target, or an artifact of another network has this name.
        GateError: an artifact is not good enough; nothing is written.
    """
    choosing = not request.targets
    asked = checked_request(with_candidates(request) if choosing else request)
    request, targets = asked.request, asked.targets
    if not choosing:  # a choice leaves out what cannot be judged
        refuse_missing(targets)
    with export_images(request, asked.recipe) as images, staging(request.out) as folder:
        job = asked.open(images)
        reports = ExportReports(job, request)
        stats = calibrate(job) if any(wanted.scheme for wanted in targets) else None
        validation = Validation(job, request, folder, reports)
        forecasts = _forecasts(asked, job, folder)
        if choosing:
            staged = [forecasts.chosen(job, targets, stats, validation)]
        else:
            built = [build(job, wanted, stats) for wanted in targets]
            release_memory()  # calibration kept every activation of an image
            staged = validation.staged(built, stats)
            forecasts.add(staged)
        reports.write(staged, folder, forecasts.records)
        made = [(each.folder, asked.folder(each.manifest.target)) for each in staged]
        move_into_place(made)  # the folders are looked at once more, since minutes have passed
    return [Artifact.open(final) for _, final in made]


def _forecasts(asked: Checked, job: Job, folder: Path) -> Forecasts | ProcessorForecasts:
    """What tells the times of this export's artifacts: for a class of processors, for a board, or for none."""
    if asked.processor is not None:
        return ProcessorForecasts(ProcessorTimes(job, asked.processor, folder), asked.request.report.latency)
    return Forecasts(None if asked.board is None else Predictor(asked.board))
