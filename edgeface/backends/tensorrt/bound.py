"""An engine's execution context bound to buffers of fixed shapes, ready to launch an inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tensorrt.cuda.buffer import Buffer
from edgeface.backends.tensorrt.cuda.capture import capture
from edgeface.backends.tensorrt.cuda.runtime import CudaRuntime
from edgeface.backends.tensorrt.loaded_engine import LoadedEngine
from edgeface.graph.types import Array

_WARM_UP = 2  # the first runs compile and choose kernels; a captured graph must contain the final ones


class Bound:
    """Buffers for one set of input shapes, warmed up and, where possible, captured as a CUDA graph.

    `uncaptured` is the reason if there is no graph, else empty. Close it before binding other shapes.

    Args:
        engine: its context stays bound to these buffers until this is closed.
        cuda: CUDA's runtime.
        stream: the engine's stream.
        shapes: shapes of all inputs, without dynamic sizes.

    Raises:
        RuntimeFailure: the engine rejects the shapes, or the GPU is out of memory.
    """

    def __init__(
        self, engine: LoadedEngine, cuda: CudaRuntime, stream: int, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        self.shapes = dict(shapes)
        self._engine, self._cuda, self._stream = engine, cuda, stream
        self._buffers: dict[str, Buffer] = {}
        self._held = ExitStack()
        with ExitStack() as unless_done:
            unless_done.callback(self._held.close)
            self._set_shapes()
            for spec in (*engine.inputs, *engine.outputs):
                self._bind(spec)
            for _ in range(_WARM_UP):
                self._enqueue()
                cuda.synchronize(stream)
            self._graph, self.uncaptured = self._captured()
            unless_done.pop_all()

    def pinned(self) -> dict[str, Array]:
        """The inputs' pinned memory."""
        return {spec.name: self._buffers[spec.name].host for spec in self._engine.inputs}

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Copy in, run, copy out; feeds must have the bound shapes and dtypes."""
        for name, array in feeds.items():
            np.copyto(self._buffers[name].host, array, casting="no")
        return {name: array.copy() for name, array in self.run_pinned().items()}

    def run_pinned(self) -> dict[str, Array]:
        """Run on what is in the inputs' pinned memory; the outputs' pinned memory."""
        if self._graph is None:
            self._enqueue()
        else:
            self._cuda.launch(self._graph, self._stream)
        self._cuda.synchronize(self._stream)
        return {spec.name: self._buffers[spec.name].host for spec in self._engine.outputs}

    def close(self) -> None:
        """Release the graph and the memory."""
        self._held.close()

    def _set_shapes(self) -> None:
        for name, shape in self.shapes.items():
            if not self._engine.context.set_input_shape(name, shape):
                raise self._engine.failure(f"the engine does not accept {name!r} as {list(shape)}")
        try:
            unknown: Sequence[str] = self._engine.context.infer_shapes()
        except RuntimeError as error:
            raise self._engine.failure(f"the engine cannot infer its shapes ({error})") from error
        if unknown:
            raise self._engine.failure(f"the shape of {unknown[0]!r} is still unknown")

    def _bind(self, spec: TensorSpec) -> None:
        shape = tuple(int(size) for size in self._engine.context.get_tensor_shape(spec.name))
        if any(size < 1 for size in shape):
            raise self._engine.failure(f"{spec.name!r} has no fixed shape: {list(shape)}")
        buffer = Buffer(self._cuda, shape, spec.dtype)
        self._held.callback(buffer.close)
        self._buffers[spec.name] = buffer
        if not self._engine.context.set_tensor_address(spec.name, buffer.device):
            raise self._engine.failure(f"the engine does not accept memory for {spec.name!r}")

    def _enqueue(self) -> None:
        for spec in self._engine.inputs:
            self._buffers[spec.name].copy_in(self._stream)
        if not self._engine.context.execute_async_v3(self._stream):
            raise self._engine.failure("the engine does not run")
        for spec in self._engine.outputs:
            self._buffers[spec.name].copy_out(self._stream)

    def _captured(self) -> tuple[int | None, str]:
        capturable = getattr(
            self._engine.context, "is_stream_capturable", None
        )  # exists in TensorRT-RTX, not in TensorRT
        if capturable is not None and not capturable(self._stream):
            return None, "TensorRT reports that this engine cannot be captured"
        graph, reason = capture(self._cuda, self._stream, self._enqueue)
        if graph is not None:
            self._held.callback(self._cuda.destroy_executable, graph)
        return graph, reason
