"""A CUDA graph of what is put into a stream, where that can be captured."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from edgeface.backends.tensorrt.cuda.runtime import CudaFailure, CudaRuntime
from edgeface.errors import RuntimeFailure


def capture(cuda: CudaRuntime, stream: int, enqueue: Callable[[], None]) -> tuple[int | None, str]:
    """Record work as a graph that one call launches.

    Work that cannot be captured is no error, since the same work can be put into the stream each time.

    Args:
        cuda: CUDA's runtime.
        stream: one that nothing is running in.
        enqueue: puts the work into the stream.

    Returns:
        The executable graph and "", or None and why there is none.
    """
    try:
        cuda.begin_capture(stream)
        try:
            enqueue()
        except RuntimeFailure:
            with suppress(CudaFailure):  # ends the capture all the same: without it the stream could do no more work
                cuda.end_capture(stream)
            raise
        return cuda.instantiate(cuda.end_capture(stream)), ""
    except RuntimeFailure as failure:
        return None, failure.what
