"""Checks of models and feeds before they reach a runtime's native code."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from edgeface.backends.runtime import TensorSpec
from edgeface.core.file_kind import refuse_other
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array
from edgeface.reading.kinds import MODEL, NCNN, ONNX, TFLITE
from edgeface.reading.regular_file import check_file, read_file

DYNAMIC = -1
_KINDS = {"onnx": ONNX, "tflite": TFLITE, "ncnn-param": NCNN}
"""What a runtime of one format reads."""


def describe_model(model: Path | bytes) -> str:
    """The model's name for errors: its path, or its size if it is in memory."""
    return f"model in memory ({len(model)} bytes)" if isinstance(model, bytes) else str(model)


def check_model(model: Path | bytes, reads: Collection[str] = ()) -> None:
    """Reject a model that cannot be opened.

    Args:
        model: a file, or its content.
        reads: formats of `core.file_kind` that the runtime reads; none for a format of its own.

    Raises:
        InputError: the file is missing, not a file, unreadable, empty or of another known format.
    """
    where = describe_model(model)
    size = len(model) if isinstance(model, bytes) else check_file(model, MODEL)
    if not size:
        raise InputError("the model is empty", where=where, fix="export or copy it again")
    if reads and isinstance(model, Path):
        refuse_other(model, reads)


def read_model(model: Path | bytes, reads: Collection[str] = ()) -> bytes:
    """The model's bytes, checked by `check_model`."""
    check_model(model, reads)
    if isinstance(model, bytes):
        return model
    (only,) = reads if len(reads) == 1 else ("any",)
    return read_file(model, _KINDS.get(only, MODEL))


def check_feeds(inputs: Sequence[TensorSpec], feeds: Mapping[str, Array], where: str) -> None:
    """Reject feeds that do not match the model's inputs in name, shape or dtype.

    Raises:
        RuntimeFailure: naming the first input that does not match.
    """
    names = [spec.name for spec in inputs]
    if set(names) != set(feeds):
        raise RuntimeFailure(
            f"the model has inputs {sorted(names)}, but the feeds are {sorted(feeds)}",
            where=where,
            fix="feed exactly the inputs that `runner.inputs` lists",
        )
    for spec in inputs:
        array = feeds[spec.name]
        fits = len(array.shape) == len(spec.shape) and all(
            want in (got, DYNAMIC) for got, want in zip(array.shape, spec.shape, strict=True)
        )
        if not fits or str(array.dtype) != spec.dtype:
            raise RuntimeFailure(
                f"input {spec.name!r} is {spec.dtype}{list(spec.shape)}, its feed is {array.dtype}{list(array.shape)}",
                where=where,
                fix="FloatRunner takes float32 NCHW arrays and converts them for the model",
            )
