"""Run an engine on a GPU."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from edgeface.backends.checks import check_feeds
from edgeface.backends.tensorrt.artifact_engines import engine_for
from edgeface.backends.tensorrt.bound import Bound
from edgeface.backends.tensorrt.cuda.driver import usable_gpu
from edgeface.backends.tensorrt.cuda.open_runtime import open_cuda_runtime
from edgeface.backends.tensorrt.cuda.pinned_runs import PinnedRuns
from edgeface.backends.tensorrt.engine_file import check_engine_file
from edgeface.backends.tensorrt.library import load_library
from edgeface.backends.tensorrt.loaded_engine import LoadedEngine
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array


class EngineRunner(PinnedRuns):
    """A loaded engine on the first GPU, with pinned memory, one stream and, where possible, a CUDA graph.

    The first run with a batch size binds memory, warms up and captures; later runs of that size launch the graph. If
    capture is not possible, `uncaptured` is the reason, and work is enqueued each time. Threads may share it: runs take
    turns, since they share the memory. `origin` names GPU, TensorRT and CUDA's runtime. Close it, or use it as a
    context manager, to release GPU memory before the process ends.

    Args:
        engine: the engine file.

    Raises:
        InputError: there is no GPU, TensorRT or CUDA runtime; or the file is missing, damaged or not for them.
        RuntimeFailure: TensorRT rejects the engine, or the GPU is out of memory.
    """

    def __init__(self, engine: Path) -> None:
        gpu, served = usable_gpu()
        library = load_library()
        check_engine_file(engine, library, gpu.compute_capability)
        self._cuda = open_cuda_runtime(served[0])
        self.origin = f"{gpu.name}, {library.name} {library.version}, {self._cuda.origin}"
        self.where = str(engine)
        self._bound: Bound | None = None
        self._closed = False
        self._turn = threading.Lock()
        self._held = ExitStack()
        with ExitStack() as unless_done:
            unless_done.callback(self._held.close)
            self._stream = self._cuda.create_stream()
            self._held.callback(self._cuda.destroy_stream, self._stream)
            self._engine = LoadedEngine(engine, library)
            self._held.callback(self._engine.close)
            unless_done.pop_all()
        self.inputs, self.outputs = self._engine.inputs, self._engine.outputs

    @classmethod
    def of_artifact(cls, folder: Path) -> EngineRunner:
        """The engine for the local GPU in an artifact's folder.

        Raises:
            InputError, RuntimeFailure: as above; or the artifact has no engine for this GPU.
        """
        gpu, served = usable_gpu()
        library = load_library()
        return cls(engine_for(folder, gpu, library.name, library.version, served))

    @property
    def uncaptured(self) -> str:
        """Why the last run did not launch a CUDA graph; empty if it did, or before the first run."""
        return "" if self._bound is None else self._bound.uncaptured

    def notes(self) -> tuple[str, str]:
        """The devices and libraries, and whether a CUDA graph is used, which is known after a run."""
        how = f"without a CUDA graph: {self.uncaptured}" if self.uncaptured else "as a CUDA graph"
        return self.origin, how

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once, copies included, after runs of other threads.

        Args:
            feeds: every input by name, in the engine's dtypes; a dynamic batch must be within the engine's profile.

        Raises:
            RuntimeFailure: a feed does not match, the GPU is out of memory, TensorRT fails, or the runner is closed.
        """
        check_feeds(self.inputs, feeds, self.where)
        with self._turn:
            return self._run(feeds)

    def _run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        return self._bind({name: tuple(array.shape) for name, array in feeds.items()}).run(feeds)

    def _latest(self) -> Bound | None:
        return self._bound

    def _bind(self, shapes: Mapping[str, tuple[int, ...]]) -> Bound:
        if self._closed:
            raise RuntimeFailure("the engine is closed", where=self.where, fix="open it again")
        if self._bound is None or self._bound.shapes != shapes:
            self._engine.check_batch(shapes)
            self._unbind()  # first, since memory may not suffice for both
            self._bound = Bound(self._engine, self._cuda, self._stream, shapes)
        return self._bound

    def close(self) -> None:
        """Release GPU memory, after a run of another thread; closing twice has no effect."""
        with self._turn:
            self._closed = True
            try:
                self._unbind()
            finally:
                self._held.close()

    def __enter__(self) -> EngineRunner:
        """The runner itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _unbind(self) -> None:
        bound, self._bound = self._bound, None
        if bound is not None:
            bound.close()
