"""The images of an export: those of the user's folders, or composed ones for sample weights."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from edgeface.compile.recipe import Recipe
from edgeface.compile.request import ExportRequest
from edgeface.images.split import Images, choose_images
from edgeface.models import family
from edgeface.samples import sample_of
from edgeface.samples.stand_in import composed_where_missing


def export_images(request: ExportRequest, recipe: Recipe) -> AbstractContextManager[Images]:
    """Images that calibrate and images that judge; those of sample weights are composed where the user names none.

    Raises:
        InputError: a folder has no images, or too few different ones for both.
    """
    chosen = choose_images(request.calibration, request.judge, recipe.quantize.calibration_images)
    given = request.weights is not None or request.seed is not None or request.onnx_file is not None
    if given or sample_of(recipe.model) is None:
        return nullcontext(chosen)
    return composed_where_missing(chosen, family(recipe.model).task, recipe.quantize.calibration_images)
