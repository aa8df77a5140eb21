"""Export: source → graph → passes → legalize → calibrate → plan → emit → judge → artifact, and its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgeface.backends import target
from edgeface.backends.target import Target
from edgeface.compile.artifact_folder import artifact_folder
from edgeface.compile.build import build, io_of
from edgeface.compile.calibrate import calibrate
from edgeface.compile.export_images import export_images
from edgeface.compile.open_job import open_job
from edgeface.compile.quantization import refuse_dtypes
from edgeface.compile.recipe import Recipe
from edgeface.compile.replacing import refuse_other
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.compile.told import with_told_model
from edgeface.compile.unused_options import refuse_unused
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.memory import release_memory
from edgeface.core.staging import move_into_place, staging
from edgeface.core.writing import check_replaceable
from edgeface.devices.judging import open_judged
from edgeface.exporting.for_board import Predictor, board_of, without_board
from edgeface.exporting.forecasts import Forecasts
from edgeface.exporting.reports import ExportReports
from edgeface.exporting.trials import with_candidates
from edgeface.exporting.validation import Validation


@one_blas_thread()
def export(request: ExportRequest) -> list[Artifact]:
    """The artifacts of a model for every target; each is judged, and either all or none are written.

    A request for a board without targets writes one artifact: of the target that is predicted to be the quickest there
    of those that pass the gate.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: an input cannot be used, an option is of no use to any
            target, or an artifact of another network has this name.
        GateError: an artifact is not good enough; nothing is written.
    """
    board = board_of(request.device)
    choosing = not request.targets
    request = with_told_model(with_candidates(request) if choosing else request)
    priced = without_board(request, board)
    recipe = requested_recipe(priced)
    targets = [target(name) for name in dict.fromkeys(request.targets)]
    refuse_unused(request if board is None else replace(request, device=None), targets)
    _refuse_early(request, recipe, targets)
    folders = {wanted.name: artifact_folder(request.out, recipe.model, wanted.name) for wanted in targets}
    with export_images(request, recipe) as images, staging(request.out) as folder:
        job = replace(open_job(priced, recipe, images), open_model=open_judged)
        if not request.force:
            refuse_other({folders[each.name]: io_of(request.io, each) for each in targets}, job.source)
        reports = ExportReports(job, request)
        stats = calibrate(job) if any(wanted.scheme for wanted in targets) else None
        validation = Validation(job, request, folder, reports)
        forecasts = Forecasts(None if board is None else Predictor(board))
        if choosing:
            staged = [forecasts.chosen(job, targets, stats, validation)]
        else:
            built = [build(job, wanted, stats) for wanted in targets]
            release_memory()  # calibration kept every activation of an image
            staged = validation.staged(built, stats)
            forecasts.add(staged)
        reports.write(staged, folder, forecasts.records)
        made = [(each.folder, artifact_folder(request.out, recipe.model, each.manifest.target)) for each in staged]
        move_into_place(made)  # the folders are looked at once more, since minutes have passed
    return [Artifact.open(final) for _, final in made]


def _refuse_early(request: ExportRequest, recipe: Recipe, targets: Sequence[Target]) -> None:
    """Refuse files that could not be written, and what a target cannot do, before anything is read."""
    if request.save_statistics is not None:
        check_replaceable(request.save_statistics, "the statistics")
    if request.repair.save_recipe is not None:
        check_replaceable(request.repair.save_recipe, "the recipe")
    for wanted in targets:
        refuse_dtypes(recipe.quantize, wanted)
        if wanted.finish is not None:
            wanted.finish.check(request.engines, wanted.name)
