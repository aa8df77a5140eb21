"""GPU tensors: device memory, and pinned host memory for copies."""

from __future__ import annotations

import ctypes
import math

import numpy as np

from edgeface.backends.tensorrt.cuda.runtime import CudaRuntime
from edgeface.graph.types import Array


class Buffer:
    """Device memory and pinned host memory of one shape. `host` is an array on the latter.

    Args:
        cuda: runtime that allocates the memory.
        shape: every size at least 1.
        dtype: numpy's name.

    Raises:
        CudaFailure: there is not enough memory; allocated memory is released.
    """

    def __init__(self, cuda: CudaRuntime, shape: tuple[int, ...], dtype: str) -> None:
        self._cuda = cuda
        self.size = math.prod(shape) * np.dtype(dtype).itemsize
        self.device = cuda.allocate(self.size)
        try:
            self._pinned = cuda.allocate_pinned(self.size)
        except BaseException:
            cuda.free(self.device)
            raise
        raw = (ctypes.c_uint8 * self.size).from_address(self._pinned)
        self.host: Array = np.ctypeslib.as_array(raw).view(dtype).reshape(shape)
        self.host[...] = 0

    def copy_in(self, stream: int) -> None:
        """Copy to the device, in stream order."""
        self._cuda.copy_in(self.device, self._pinned, self.size, stream)

    def copy_out(self, stream: int) -> None:
        """Copy from the device, in stream order."""
        self._cuda.copy_out(self._pinned, self.device, self.size, stream)

    def close(self) -> None:
        """Release both memories; `host` must not be used afterwards."""
        try:
            self._cuda.free(self.device)
        finally:
            self._cuda.free_pinned(self._pinned)
