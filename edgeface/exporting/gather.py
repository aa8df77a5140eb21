"""Gathering of calibration statistics without an export."""

from __future__ import annotations

from edgeface.compile.calibrate import calibrate
from edgeface.compile.open_job import open_job
from edgeface.compile.part import Part
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.compile.told import with_told_model
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.writing import check_replaceable
from edgeface.errors import InputError
from edgeface.images.split import Images, distinct_images, spread
from edgeface.quantize.statistics import CalibrationStats


@one_blas_thread()
def gather(request: ExportRequest, images: int | None, part: Part) -> CalibrationStats:
    """The statistics of the request's images or of a part of them, written to its `save_statistics`.

    Args:
        request: the model, its images, and the file; options of building and judging are not used.
        images: maximum number of images, spread evenly over the folder; None uses all.
        part: of the images; the same files must be in the folder wherever the other parts are gathered.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: an input cannot be used.
    """
    request = with_told_model(request)
    recipe = requested_recipe(request)
    if request.save_statistics is not None:
        check_replaceable(request.save_statistics, "the statistics")
    if request.calibration is None and request.seed is None:
        raise InputError("no images to calibrate with", where="--calibration", fix="pass --calibration DIR")
    files = [] if request.calibration is None else distinct_images(request.calibration)
    chosen = spread(files, images) if images is not None else files
    return calibrate(open_job(request, recipe, Images(tuple(chosen), calibrate_in=request.calibration)), part)
