"""The recipe of a request, after the checks that need no other input."""

from __future__ import annotations

import re
from pathlib import Path

from edgeface.backends.target import IO_TYPES
from edgeface.compile.infer_contract import recognize
from edgeface.compile.prices import deciding_tables, winograd_table
from edgeface.compile.recipe import Recipe, read_recipe, recipe_for
from edgeface.compile.request import READ_PATHS, ExportRequest
from edgeface.compile.told import SUFFIXES
from edgeface.core.file_kind import refuse_other
from edgeface.core.max_drop import OPTION, own_limits, parse_max_drop, refuse_unmeasured
from edgeface.core.thresholds import Thresholds
from edgeface.errors import InputError
from edgeface.models import families, family
from edgeface.reading.existing import refuse_missing
from edgeface.tasks import task, task_of
from edgeface.tasks.declared import declared_contract

COLORS = ("bgr", "rgb")
_RECIPE = ".toml"


def requested_recipe(request: ExportRequest) -> Recipe:
    """The recipe of a request.

    Raises:
        InputError: an unknown option, options that exclude each other, or a recipe that cannot be read.
    """
    if request.io not in IO_TYPES:
        raise InputError(f"unknown --io {request.io!r}", fix=f"use one of {', '.join(IO_TYPES)}")
    if request.color is not None and request.color not in COLORS:
        raise InputError(f"unknown --color {request.color!r}", fix=f"use one of {', '.join(COLORS)}")
    if request.statistics is not None and request.save_statistics is not None:
        raise InputError(
            "--statistics and --save-statistics exclude each other", fix="the statistics are already saved"
        )
    if not request.targets:
        raise InputError("no target named", fix="pass --target, e.g. tflite-int8")
    request.repair.check(len(set(request.targets)))
    if request.device is not None:
        deciding_tables(request.device)
    if request.winograd:
        _check_winograd(request)
    _refuse_missing(request)
    own = _own_recipe(request)
    recipe = own if request.recipe is None else _instead_of(own, request.recipe)
    if request.max_drop is not None:
        recipe = recipe.model_copy(update={"max_drop": {**recipe.max_drop, **parse_max_drop(request.max_drop)}})
    _check_max_drop(recipe, request)
    return recipe


def recipe_name(request: ExportRequest, task_name: str) -> str:
    """The name of the recipe that `requested_recipe` gives: the shipped one's, or the file's.

    Args:
        request: the request.
        task_name: of the network's task, whose recipe a model file takes.
    """
    given = request.recipe if request.recipe is not None else Path(request.model)
    if given.suffix == _RECIPE:
        return given.name
    return _shipped_name(request.model) if request.onnx_file is None else task_name


def _check_winograd(request: ExportRequest) -> None:
    if request.integer_only:
        raise InputError("--winograd and --integer-only exclude each other", fix="Winograd's form is computed in float")
    winograd_table(request.device)


def _instead_of(own: Recipe, path: Path) -> Recipe:
    """The recipe in a file, for the model of another recipe."""
    given = read_recipe(path)
    if given.model != own.model and {given.model, own.model} <= set(families()):
        raise InputError(
            f"the recipe is of {given.model}, the model is {own.model}",
            where=f"--recipe {path}",
            fix="leave out --recipe, or name the recipe of this model",
        )
    return given.model_copy(update={"model": own.model})


def _own_recipe(request: ExportRequest) -> Recipe:
    """The recipe of the model, without the one that replaces it."""
    if request.onnx_file is not None:
        return _of_file(request.onnx_file, request)
    if request.model.endswith(_RECIPE):
        if request.recipe is not None:
            raise InputError("the model is a recipe already", where="--recipe", fix="name one of both")
        return read_recipe(Path(request.model))
    if request.model not in families():
        refuse_other(Path(request.model), ())
        family(request.model)
    return recipe_for(_shipped_name(request.model)).model_copy(update={"model": request.model})


def _shipped_name(model: str) -> str:
    """The name of the shipped recipe that a model takes: its own, or else that of its family."""
    instead = getattr(families().get(model), "recipe", None)
    return model if instead is None or recipe_for(model).gates else str(instead)


def _check_max_drop(recipe: Recipe, request: ExportRequest) -> None:
    """Refuse limits of a user that the network's task does not judge, or that this export would not measure."""
    if not recipe.max_drop:
        return
    where = OPTION if request.max_drop is not None else f"{request.model}, [max_drop]"
    kind = task_name(recipe, request)
    own_limits(recipe.max_drop, Thresholds.model_fields if kind is None else task(kind).judged, where)
    given = [option for option, path in (("--labels", request.labels), ("--pairs", request.pairs)) if path is not None]
    refuse_unmeasured(recipe.max_drop, given, where)


def task_name(recipe: Recipe, request: ExportRequest) -> str | None:
    """The name of the network's task; None where the model's name says nothing, which opening it refuses."""
    if request.onnx_file is not None:
        return _task_of_file(request.onnx_file, request)
    return family(recipe.model).task if recipe.model in families() else None


def _refuse_missing(request: ExportRequest) -> None:
    """Refuse paths that lead to nothing, all at once, before anything is read."""
    model = Path(request.model)
    is_path = model.suffix in {_RECIPE, *SUFFIXES} or request.onnx_file is not None
    given = {f"--{name.replace('_', '-')}": getattr(request, name) for name in READ_PATHS}
    refuse_missing({"MODEL": model if is_path else None, **given})


def _of_file(path: Path, request: ExportRequest) -> Recipe:
    """A model file's recipe: that of its task, under the file's name."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.stem)
    return recipe_for(_task_of_file(path, request)).model_copy(update={"model": name})


def _task_of_file(path: Path, request: ExportRequest) -> str:
    """The task that the contract declares, or else that the outputs are for."""
    if request.contract is not None:
        return task_of(declared_contract(request.contract)).name
    return recognize(path, request.input_size).task
