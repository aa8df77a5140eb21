"""Files that an ONNX model keeps weights in: regular ones, beside the model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgeface.errors import InputError
from edgeface.reading.kinds import EXTERNAL_DATA
from edgeface.reading.regular_file import check_file

if TYPE_CHECKING:
    import onnx

_EXTERNAL = 1  # TensorProto.EXTERNAL
_SHOWN = 100  # characters of a damaged entry
_MAX_DEPTH = 32


def external_file(location: str | bytes, folder: Path, where: str) -> tuple[Path, int]:
    """The file that a tensor's `location` names, and its size.

    Args:
        location: the entry of the tensor's external data.
        folder: the model's.
        where: name of the tensor in errors.

    Raises:
        InputError: it is outside the model's folder, missing, not a regular file or too large.
    """
    path = _beside(folder, location)
    if path is None:
        raise InputError(
            f"the model points to data outside its folder: {location[:_SHOWN]!r}",
            where=where,
            fix="save the model again with its data in the same folder; do not use files from untrusted sources",
        )
    return path, check_file(path, EXTERNAL_DATA)


def check_external_files(model: onnx.ModelProto, path: Path) -> None:
    """Check every file that a model keeps weights in, before a library opens it.

    Raises:
        InputError: as `external_file`.
    """
    checked: set[str] = set()
    for tensor in _tensors(model.graph):
        if tensor.data_location == _EXTERNAL:
            location = next((entry.value for entry in tensor.external_data if entry.key == "location"), "")
            if location not in checked:
                external_file(location, path.parent, f"{path}: tensor {tensor.name!r}")
                checked.add(location)


def _tensors(graph: onnx.GraphProto, depth: int = 0) -> Iterator[onnx.TensorProto]:
    """The tensors of a graph and of the graphs in its nodes."""
    yield from graph.initializer
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        yield from (attribute.t, *attribute.tensors)
        if depth < _MAX_DEPTH:
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner, depth + 1)


def _beside(folder: Path, location: str | bytes) -> Path | None:
    """The path of external data, or None if it is invalid or outside the model's folder."""
    if not isinstance(location, str) or not location or "\0" in location or "\\" in location:
        return None
    if PurePosixPath(location).is_absolute() or ".." in PurePosixPath(location).parts:
        return None
    try:
        path = folder / location
        path.exists()  # raises if the name is too long
        return path if path.resolve().is_relative_to(folder.resolve()) else None
    except (OSError, RuntimeError):  # the name is too long, or links form a cycle
        return None
