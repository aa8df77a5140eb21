"""ONNX Runtime on an NVIDIA GPU: pinned memory, one stream, and, where possible, a CUDA graph."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from edgeface.backends.checks import check_feeds, check_model, describe_model
from edgeface.backends.onnx.cuda_bound import CudaBound
from edgeface.backends.onnx.file import check_onnx, session_source
from edgeface.backends.onnx.session import (
    CUDA_PROVIDER,
    cannot_load,
    check_provider,
    check_started,
    first_line,
    ort_errors,
    spec_of,
)
from edgeface.backends.tensorrt.cuda import driver
from edgeface.backends.tensorrt.cuda.open_runtime import open_cuda_runtime
from edgeface.backends.tensorrt.cuda.pinned_runs import PinnedRuns
from edgeface.core.native_log import native_log_held
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array

_FATAL = 4  # cuDNN's refusals of single plans are logged as errors; what fails is raised


class CudaRunner(PinnedRuns):
    """A loaded ONNX model on the first GPU. The first run of a shape allocates, chooses kernels and captures a graph.

    `uncaptured` is the reason if there is no CUDA graph, else empty. Threads may share it: runs take turns, since they
    share the memory. float32 is computed with 24 bits of precision, not with TensorFloat-32's 11.

    Args:
        model: an .onnx file, or its bytes. A file may have external weights.
        channels_last: let convolutions compute in NHWC, between transposes of ONNX Runtime's.

    Raises:
        InputError: there is no GPU or CUDA runtime, this ONNX Runtime lacks CUDA, or the file is missing or damaged.
        RuntimeFailure: ONNX Runtime rejects the model, or the GPU is out of memory.
    """

    def __init__(self, model: Path | bytes, channels_last: bool = False) -> None:
        self.where = describe_model(model)
        check_model(model) if isinstance(model, bytes) else check_onnx(model)
        gpu, served = driver.usable_gpu()
        check_provider(CUDA_PROVIDER)
        self._cuda = open_cuda_runtime(served[0])
        self._bound: CudaBound | None = None
        self._bindings = 0
        self._turn = threading.Lock()
        self._held = ExitStack()
        with ExitStack() as unless_done:
            unless_done.callback(self._held.close)
            self._stream = self._cuda.create_stream()
            self._held.callback(self._cuda.destroy_stream, self._stream)
            self._session, self.uncaptured = self._open(model, channels_last)
            unless_done.pop_all()
        self.inputs = tuple(map(spec_of, self._session.get_inputs()))
        self.outputs = tuple(map(spec_of, self._session.get_outputs()))
        self.origin = f"{gpu.name}, {_named_version()}, {self._cuda.origin}"

    def notes(self) -> tuple[str, str]:
        """The devices and libraries, and whether a CUDA graph is used."""
        how = f"without a CUDA graph: {self.uncaptured}" if self.uncaptured else "as a CUDA graph"
        return self.origin, how

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once, copies included, after runs of other threads.

        Args:
            feeds: every input by name, in the model's dtypes.

        Raises:
            RuntimeFailure: a feed does not match, the GPU is out of memory, or ONNX Runtime fails.
        """
        check_feeds(self.inputs, feeds, self.where)
        with self._turn:
            return self._bind({name: tuple(array.shape) for name, array in feeds.items()}).run(feeds)

    def close(self) -> None:
        """Release GPU memory; closing twice has no effect."""
        with self._turn:
            self._session = None
            try:
                self._unbind()
            finally:
                self._held.close()

    def _latest(self) -> CudaBound | None:
        return self._bound

    def _bind(self, shapes: Mapping[str, tuple[int, ...]]) -> CudaBound:
        if self._session is None:
            raise RuntimeFailure("the model is closed", where=self.where, fix="open it again")
        if self._bound is None or self._bound.shapes != shapes:
            self._unbind()  # first, since memory may not suffice for both
            self._bindings += 1
            graph = None if self.uncaptured else self._bindings
            self._bound = CudaBound(self._session, self._cuda, self._stream, shapes, graph, self.where)
        return self._bound

    def _unbind(self) -> None:
        bound, self._bound = self._bound, None
        if bound is not None:
            bound.close()

    def _open(self, model: Path | bytes, channels_last: bool) -> tuple[Any, str]:
        """The session, and why it cannot be captured: nodes of the model that ONNX Runtime computes on the CPU."""
        try:
            return self._session_of(model, channels_last, "1"), ""
        except ort_errors() as error:
            reason = first_line(error)
        try:
            return self._session_of(model, channels_last, "0"), reason
        except ort_errors() as error:
            raise cannot_load(error, self.where) from error

    def _session_of(self, model: Path | bytes, channels_last: bool, graph: str) -> Any:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.log_severity_level = _FATAL
        provider = {
            "user_compute_stream": str(self._stream),
            "enable_cuda_graph": graph,
            "use_tf32": "0",
            "prefer_nhwc": "1" if channels_last else "0",
            "cudnn_conv_algo_search": "EXHAUSTIVE",
        }
        with native_log_held(), redirect_stdout(StringIO()):  # what cannot be preloaded is printed
            if hasattr(ort, "preload_dlls"):
                ort.preload_dlls()  # CUDA's libraries from packages, where the system has none
            session = ort.InferenceSession(
                model if isinstance(model, bytes) else session_source(model),
                options,
                providers=[(CUDA_PROVIDER, provider)],
            )
        check_started(session, CUDA_PROVIDER, self.where)
        return session


def _named_version() -> str:
    import onnxruntime as ort

    return f"ONNX Runtime {ort.__version__}"
