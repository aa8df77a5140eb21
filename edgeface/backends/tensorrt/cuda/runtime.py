"""CUDA's runtime, by cuda-python where it is installed, else by whatever libcudart there is."""

from __future__ import annotations

from contextlib import suppress
from typing import Protocol

from edgeface.errors import RuntimeFailure

OUT_OF_MEMORY = 2
TO_DEVICE, TO_HOST = 1, 2
_NON_BLOCKING = 1
_THREAD_LOCAL = 1  # while this thread captures, other threads may do to CUDA what they like


class CudaFailure(RuntimeFailure):
    """A CUDA call failed with a status other than 0, its `code`."""

    def __init__(self, call: str, code: int, name: str) -> None:
        full = code == OUT_OF_MEMORY
        super().__init__(
            f"the GPU is out of memory ({call})" if full else f"{call} failed: {name} ({code})",
            where="--on gpu",
            fix="use a smaller batch, or end what else runs on the GPU" if full else "see `edgeface doctor`",
        )
        self.code = code


class Caller(Protocol):
    """A way to call CUDA's C functions by name. `origin` says which library is called."""

    origin: str

    def __call__(self, name: str, *arguments: int) -> int:
        """Call a function with its inputs in order; what it writes, 0 if nothing. Raises CudaFailure."""
        ...


class CudaRuntime:
    """The functions that edgeface calls. Addresses and handles are integers, sizes bytes.

    Copies are asynchronous: host memory must be pinned, and stay until the stream is synchronised. Every method raises
    CudaFailure where CUDA does not return success.
    """

    def __init__(self, call: Caller) -> None:
        self._call = call
        self.origin = call.origin

    def allocate(self, size: int) -> int:
        """Device memory; its address."""
        return self._call("cudaMalloc", size)

    def free(self, address: int) -> None:
        """Give device memory back."""
        self._call("cudaFree", address)

    def allocate_pinned(self, size: int) -> int:
        """Host memory that the GPU copies from and to while the processor goes on; its address."""
        return self._call("cudaHostAlloc", size, 0)

    def free_pinned(self, address: int) -> None:
        """Give pinned host memory back."""
        self._call("cudaFreeHost", address)

    def copy_in(self, device: int, host: int, size: int, stream: int) -> None:
        """Copy from pinned host memory to the device."""
        self._call("cudaMemcpyAsync", device, host, size, TO_DEVICE, stream)

    def copy_out(self, host: int, device: int, size: int, stream: int) -> None:
        """Copy from the device to pinned host memory."""
        self._call("cudaMemcpyAsync", host, device, size, TO_HOST, stream)

    def create_stream(self) -> int:
        """A stream that does not wait for the default one."""
        return self._call("cudaStreamCreateWithFlags", _NON_BLOCKING)

    def destroy_stream(self, stream: int) -> None:
        """End a stream."""
        self._call("cudaStreamDestroy", stream)

    def synchronize(self, stream: int) -> None:
        """Wait until all work of a stream is done."""
        self._call("cudaStreamSynchronize", stream)

    def begin_capture(self, stream: int) -> None:
        """Record from now on what is put into a stream, instead of doing it."""
        self._call("cudaStreamBeginCapture", stream, _THREAD_LOCAL)

    def end_capture(self, stream: int) -> int:
        """Stop recording; the graph that was recorded."""
        return self._call("cudaStreamEndCapture", stream)

    def instantiate(self, graph: int) -> int:
        """An executable of a recorded graph; the record itself is destroyed."""
        try:
            return self._call("cudaGraphInstantiateWithFlags", graph, 0)
        finally:
            with suppress(CudaFailure):  # what instantiating said is what counts
                self._call("cudaGraphDestroy", graph)

    def launch(self, executable: int, stream: int) -> None:
        """Do what a graph recorded."""
        self._call("cudaGraphLaunch", executable, stream)

    def destroy_executable(self, executable: int) -> None:
        """End an executable graph."""
        self._call("cudaGraphExecDestroy", executable)
