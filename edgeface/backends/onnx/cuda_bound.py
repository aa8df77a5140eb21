"""A session on a GPU bound to buffers of fixed shapes, so that its work can be launched as one CUDA graph."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np

from edgeface.backends.onnx.session import first_line, ort_errors, spec_of
from edgeface.backends.tensorrt.cuda.buffer import Buffer
from edgeface.backends.tensorrt.cuda.runtime import CudaRuntime
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array

_UNCAPTURED = "-1"
_WARM_UP = 2


class CudaBound:
    """Buffers for one set of input shapes, warmed up and captured. Close it before binding other shapes.

    Args:
        session: a session of the CUDA provider that computes on `stream`.
        cuda: CUDA's runtime.
        stream: the session's stream.
        shapes: shapes of all inputs, without dynamic sizes.
        graph: a number, from 1, that no other binding of the session has: its CUDA graph's; None to capture none.
        where: the model, for errors.

    Raises:
        RuntimeFailure: ONNX Runtime or CUDA fails.
    """

    def __init__(
        self,
        session: Any,
        cuda: CudaRuntime,
        stream: int,
        shapes: Mapping[str, tuple[int, ...]],
        graph: int | None,
        where: str,
    ) -> None:
        self.shapes = dict(shapes)
        self._where = where
        self._session, self._cuda, self._stream = session, cuda, stream
        self._inputs: dict[str, Buffer] = {}
        self._outputs: dict[str, Buffer] = {}
        self._held = ExitStack()
        self._settings = _settings(_UNCAPTURED if graph is None else str(graph))
        with ExitStack() as unless_done:
            unless_done.callback(self._held.close)
            self._binding = session.io_binding()
            for node in session.get_inputs():
                self._inputs[node.name] = self._buffer(shapes[node.name], spec_of(node).dtype)
                self._bind(self._binding.bind_input, node.name, self._inputs[node.name])
            for node, shape in zip(session.get_outputs(), self._output_shapes(), strict=True):
                self._outputs[node.name] = self._buffer(shape, spec_of(node).dtype)
                self._bind(self._binding.bind_output, node.name, self._outputs[node.name])
            for _ in range(_WARM_UP):
                self._enqueue()
                cuda.synchronize(stream)
            unless_done.pop_all()

    def pinned(self) -> dict[str, Array]:
        """The inputs' pinned memory."""
        return {name: buffer.host for name, buffer in self._inputs.items()}

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Copy in, run, copy out; feeds must have the bound shapes and dtypes."""
        for name, array in feeds.items():
            np.copyto(self._inputs[name].host, array, casting="no")
        return {name: array.copy() for name, array in self.run_pinned().items()}

    def run_pinned(self) -> dict[str, Array]:
        """Run on what is in the inputs' pinned memory; the outputs' pinned memory."""
        self._enqueue()
        self._cuda.synchronize(self._stream)
        return {name: buffer.host for name, buffer in self._outputs.items()}

    def close(self) -> None:
        """Release the memory."""
        self._held.close()

    def _output_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the outputs, found by a run that is not captured and allocates them."""
        for node in self._session.get_outputs():
            self._binding.bind_output(node.name, "cuda", 0)
        self._compute(_settings(_UNCAPTURED))
        self._cuda.synchronize(self._stream)
        return [tuple(value.shape()) for value in self._binding.get_outputs()]

    def _buffer(self, shape: tuple[int, ...], dtype: str) -> Buffer:
        buffer = Buffer(self._cuda, shape, dtype)
        self._held.callback(buffer.close)
        return buffer

    @staticmethod
    def _bind(bind: Any, name: str, buffer: Buffer) -> None:
        bind(name, "cuda", 0, np.dtype(buffer.host.dtype), buffer.host.shape, buffer.device)

    def _enqueue(self) -> None:
        for buffer in self._inputs.values():
            buffer.copy_in(self._stream)
        self._compute(self._settings)
        for buffer in self._outputs.values():
            buffer.copy_out(self._stream)

    def _compute(self, settings: Any) -> None:
        try:
            self._session.run_with_iobinding(self._binding, settings)
        except ort_errors() as error:
            raise RuntimeFailure(f"ONNX Runtime failed: {first_line(error)}", where=self._where) from error


def _settings(graph: str) -> Any:
    import onnxruntime as ort

    settings = ort.RunOptions()
    settings.add_run_config_entry("gpu_graph_id", graph)
    if graph != _UNCAPTURED:  # the stream is synchronized once, after copying; nodes on the CPU need it in between
        settings.add_run_config_entry("disable_synchronize_execution_providers", "1")
    return settings
