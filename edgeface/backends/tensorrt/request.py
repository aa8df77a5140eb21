"""Requests to an engine builder, and their results."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.backends.tensorrt.layers import EngineLayer
from edgeface.errors import InputError


@dataclass(frozen=True)
class BatchProfile:
    """The range of batch sizes of an engine, and the one that its kernels are optimized for.

    Raises:
        InputError: the sizes are not 1 ≤ least ≤ best ≤ most.
    """

    least: int = 1
    best: int = 1
    most: int = 1

    def __post_init__(self) -> None:
        """Check the order."""
        if not 1 <= self.least <= self.best <= self.most:
            raise InputError(
                f"the batch profile {self.least}, {self.best}, {self.most} is not in order",
                fix="give the minimum, the optimum and the maximum batch size in ascending order from 1, e.g. 1, 8, 64",
            )


@dataclass(frozen=True)
class EngineRequest:
    """A request to build an engine.

    `compute_capabilities` are the GPUs that the engine must run on, as digits ("86"); empty for the local GPU. `batch`
    applies to inputs with a dynamic first dimension. `workspace_bytes` limits the scratch memory of a kernel (None: the
    library's default). `timing_cache` is the result of an earlier build; libraries that do not time kernels ignore it.
    `where` names the model in errors.
    """

    compute_capabilities: tuple[str, ...] = ()
    batch: BatchProfile = BatchProfile()
    workspace_bytes: int | None = None
    timing_cache: bytes | None = None
    where: str = "the ONNX model"


@dataclass(frozen=True)
class Engine:
    """A serialized engine with information from its builder.

    `layers` are the engine's layers in execution order, without synchronization. `library` and `version` name what
    built it, which alone can load it; `cuda` is the minimum CUDA that the driver must support, None if unknown.
    `warnings` are the builder's, each once.
    """

    plan: bytes
    compute_capabilities: tuple[str, ...]
    layers: tuple[EngineLayer, ...]
    library: str
    version: str
    timing_cache: bytes | None
    warnings: tuple[str, ...]
    cuda: str | None = None
