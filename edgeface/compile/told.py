"""The model of a request whose weights tell it, and the check that they are the named model's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgeface.compile.request import DEFAULT_MODEL, ExportRequest
from edgeface.core.file_kind import CHECKPOINTS, kind_of
from edgeface.core.progress import note
from edgeface.errors import CheckpointError, InputError
from edgeface.models import families
from edgeface.reading.regular_file import is_file, is_there

SUFFIXES = frozenset({".pth", ".pt", ".ckpt", ".safetensors"})


def with_told_model(request: ExportRequest) -> ExportRequest:
    """The request with the name of its model, where the weights tell it.

    A checkpoint in the model's place counts as weights. Names and shapes of the tensors are read, nothing else: this
    comes before images are read and before networks are built with weights. A path that leads to nothing is left to
    the checks of the request.

    Raises:
        InputError: two checkpoints are given.
        CheckpointError: the weights are those of no known family, or of another than the named model.
    """
    if request.onnx_file is not None:
        return request
    if request.model and _is_checkpoint(Path(request.model)):
        if request.weights is not None:
            raise InputError(
                "the model is a checkpoint, and there is another one",
                where=f"--weights {request.weights}",
                fix="leave out one of them",
            )
        if not is_there(Path(request.model)):
            return request
        request = replace(request, model="", weights=Path(request.model))
    if request.weights is None or not is_file(request.weights):
        return request if request.model else replace(request, model=DEFAULT_MODEL)
    if not request.model:
        return replace(request, model=_told(request.weights))
    if request.model in families() and request.seed is None:
        _check(request.model, request.weights)
    return request


def _is_checkpoint(path: Path) -> bool:
    if path.suffix in SUFFIXES:
        return True
    kind = kind_of(path) if is_file(path) else None
    return kind is not None and kind.key in CHECKPOINTS


def _told(weights: Path) -> str:
    from edgeface.models.layouts import told_family

    name = told_family(weights).name
    note(f"model: {name}, by the tensors of the weights")
    return name


def _check(model: str, weights: Path) -> None:
    """Refuse weights that are not the named family's, before anything is read for it."""
    from edgeface.models.layouts import told_family, told_variant

    named = families()[model]
    try:
        told_variant(weights, named)
    except CheckpointError as unfit:
        try:
            told = told_family(weights)
        except CheckpointError:
            raise unfit from None
        raise CheckpointError(
            f"the weights are those of {told.name}, not of {model}",
            where=str(weights),
            fix=f"name {told.name}, or leave out MODEL",
        ) from None
