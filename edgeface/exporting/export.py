"""Export: source → graph → passes → legalize → calibrate → plan → emit → judge → artifact, and its report."""

from __future__ import annotations

from dataclasses import replace

from edgeface.backends import target
from edgeface.compile.artifact_folder import artifact_folder
from edgeface.compile.build import build, io_of
from edgeface.compile.calibrate import calibrate
from edgeface.compile.export_images import export_images
from edgeface.compile.open_job import open_job
from edgeface.compile.quantization import refuse_dtypes
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
from edgeface.exporting.reports import ExportReports
from edgeface.exporting.validation import Validation


@one_blas_thread()
def export(request: ExportRequest) -> list[Artifact]:
    """The artifacts of a model for every target; each is judged, and either all or none are written.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: an input cannot be used, an option is of no use to any
            target, or an artifact of another network has this name.
        GateError: an artifact is not good enough; nothing is written.
    """
    request = with_told_model(request)
    recipe = requested_recipe(request)
    targets = [target(name) for name in dict.fromkeys(request.targets)]
    refuse_unused(request, targets)
    if request.save_statistics is not None:
        check_replaceable(request.save_statistics, "the statistics")
    if request.repair.save_recipe is not None:
        check_replaceable(request.repair.save_recipe, "the recipe")
    for wanted in targets:
        refuse_dtypes(recipe.quantize, wanted)
        if wanted.finish is not None:
            wanted.finish.check(request.engines, wanted.name)
    folders = [artifact_folder(request.out, recipe.model, wanted.name) for wanted in targets]
    with export_images(request, recipe) as images, staging(request.out) as folder:
        job = replace(open_job(request, recipe, images), open_model=open_judged)
        if not request.force:
            refuse_other(
                {final: io_of(request.io, each) for final, each in zip(folders, targets, strict=True)}, job.source
            )
        reports = ExportReports(job, request)
        stats = calibrate(job) if any(wanted.scheme for wanted in targets) else None
        built = [build(job, wanted, stats) for wanted in targets]
        release_memory()  # calibration kept every activation of an image
        staged = Validation(job, request, folder, reports).staged(built, stats)
        reports.write(staged, folder)
        for wanted in targets:  # once more, since minutes have passed
            artifact_folder(request.out, recipe.model, wanted.name)
        move_into_place([(each.folder, final) for each, final in zip(staged, folders, strict=True)])
    return [Artifact.open(final) for final in folders]
