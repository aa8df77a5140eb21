"""CUDA's runtime, through cuda-python if installed, else through any libcudart."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from edgeface.errors import RuntimeFailure

OUT_OF_MEMORY = 2
TO_DEVICE, TO_HOST = 1, 2
_NON_BLOCKING = 1
_THREAD_LOCAL = 1  # other threads may use CUDA freely while this thread captures


class CudaFailure(RuntimeFailure):
    """A CUDA call failed with a status other than 0, its `code`."""

    def __init__(self, call: str, code: int, name: str) -> None:
        full = code == OUT_OF_MEMORY
        super().__init__(
            f"the GPU is out of memory ({call})" if full else f"{call} failed: {name} ({code})",
            where="--on gpu",
            fix="use a smaller batch, or end other programs on the GPU" if full else "see `edgeface doctor`",
        )
        self.code = code


class Caller(Protocol):
    """Calls CUDA's C functions by name. `origin` names the library."""

    origin: str

    def __call__(self, name: str, *arguments: int) -> int:
        """The result of a function called with its inputs in order; 0 if it has none. Raises CudaFailure."""
        ...


class CudaRuntime:
    """The CUDA functions that edgeface calls. Addresses and handles are integers, sizes are in bytes.

    Copies are asynchronous: host memory must be pinned, and kept until the stream is synchronized. Every method raises
    CudaFailure if CUDA does not return success.
    """

    def __init__(self, call: Caller) -> None:
        self._call = call
        self.origin = call.origin

    def allocate(self, size: int) -> int:
        """The address of new device memory."""
        return self._call("cudaMalloc", size)

    def free(self, address: int) -> None:
        """Release device memory."""
        self._call("cudaFree", address)

    def allocate_pinned(self, size: int) -> int:
        """The address of new pinned host memory, which the GPU copies asynchronously."""
        return self._call("cudaHostAlloc", size, 0)

    def free_pinned(self, address: int) -> None:
        """Release pinned host memory."""
        self._call("cudaFreeHost", address)

    def copy_in(self, device: int, host: int, size: int, stream: int) -> None:
        """Copy from pinned host memory to the device."""
        self._call("cudaMemcpyAsync", device, host, size, TO_DEVICE, stream)

    def copy_out(self, host: int, device: int, size: int, stream: int) -> None:
        """Copy from the device to pinned host memory."""
        self._call("cudaMemcpyAsync", host, device, size, TO_HOST, stream)

    def create_stream(self) -> int:
        """A new stream that does not wait for the default one."""
        return self._call("cudaStreamCreateWithFlags", _NON_BLOCKING)

    def destroy_stream(self, stream: int) -> None:
        """Destroy a stream."""
        self._call("cudaStreamDestroy", stream)

    def synchronize(self, stream: int) -> None:
        """Wait until all work on a stream is done."""
        self._call("cudaStreamSynchronize", stream)

    def begin_capture(self, stream: int) -> None:
        """Start to record work on a stream instead of running it."""
        self._call("cudaStreamBeginCapture", stream, _THREAD_LOCAL)

    def end_capture(self, stream: int) -> int:
        """The recorded graph; recording stops."""
        return self._call("cudaStreamEndCapture", stream)

    def instantiate(self, graph: int) -> int:
        """An executable of a recorded graph, which is itself destroyed."""
        try:
            return self._call("cudaGraphInstantiateWithFlags", graph, 0)
        finally:
            with suppress(CudaFailure):  # an error of the instantiation matters more
                self._call("cudaGraphDestroy", graph)

    def launch(self, executable: int, stream: int) -> None:
        """Launch a recorded graph."""
        self._call("cudaGraphLaunch", executable, stream)

    def destroy_executable(self, executable: int) -> None:
        """Destroy an executable graph."""
        self._call("cudaGraphExecDestroy", executable)
