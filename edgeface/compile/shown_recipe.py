"""The recipe that an export would take, before anything is compiled."""

from __future__ import annotations

from edgeface.backends import target
from edgeface.compile.recipe import Recipe
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import recipe_name, requested_recipe, task_name
from edgeface.compile.told import with_told_model
from edgeface.core.thresholds import Thresholds
from edgeface.errors import InputError
from edgeface.models import family


def shown_recipe(request: ExportRequest, *, alone: bool) -> tuple[Recipe, str]:
    """The recipe of a request and its name.

    Args:
        request: the request.
        alone: only the gate of its one target, as all gates together decide it.

    Raises:
        InputError, CheckpointError: as `requested_recipe` and `with_told_model`; or there is no such target.
    """
    request = with_told_model(request)
    recipe = requested_recipe(request)
    if request.contract is not None and request.onnx_file is None:
        raise InputError(
            "a family's contract is known: --contract is for ONNX files",
            where=str(request.contract),
            fix="leave out --contract, or name FILE.onnx",
        )
    if recipe == Recipe(model=request.model):  # nothing is shipped under this name
        family(request.model)
    name = recipe_name(request, task_name(recipe, request) or recipe.model)
    if not alone:
        return recipe, name
    (wanted,) = (target(each) for each in request.targets)
    gate = Thresholds(**recipe.thresholds(wanted.name, recipe.variant or "", request.integer_only).required())
    return recipe.model_copy(update={"gates": {wanted.name: gate}, "max_drop": {}}), name
