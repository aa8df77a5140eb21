"""Capture work on a stream as a CUDA graph."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from edgeface.backends.tensorrt.cuda.runtime import CudaFailure, CudaRuntime
from edgeface.errors import RuntimeFailure


def capture(cuda: CudaRuntime, stream: int, enqueue: Callable[[], None]) -> tuple[int | None, str]:
    """The recorded work as a graph that one call launches.

    Work that cannot be captured is not an error, since it can be enqueued each time instead.

    Args:
        cuda: CUDA's runtime.
        stream: an idle stream.
        enqueue: enqueues the work on the stream.

    Returns:
        The executable graph and "", or None and the reason.
    """
    try:
        cuda.begin_capture(stream)
        try:
            enqueue()
        except RuntimeFailure:
            with suppress(CudaFailure):  # ends the capture, without which the stream could not be used again
                cuda.end_capture(stream)
            raise
        return cuda.instantiate(cuda.end_capture(stream)), ""
    except RuntimeFailure as failure:
        return None, failure.what
