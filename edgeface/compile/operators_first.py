"""A better error than a runtime's for a model file that it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edgeface.errors import RuntimeFailure
from edgeface.graph.onnx_reader import read_onnx


@contextmanager
def operators_first(source: Path | bytes, input_shapes: Mapping[str, tuple[int, ...]] | None = None) -> Iterator[None]:
    """Where ONNX Runtime refuses a file, name all operators in it that edgeface does not read.

    Args:
        source: the .onnx file that is being opened, or its content.
        input_shapes: of its inputs by name, where these are not fixed.

    Raises:
        GraphError: the operators, with nodes, reasons and remedies.
        RuntimeFailure: the runtime's, of a file of which every operator can be read.
    """
    try:
        yield
    except RuntimeFailure:
        read_onnx(source, input_shapes=input_shapes)
        raise
