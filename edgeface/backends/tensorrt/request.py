"""What is asked of an engine builder, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass

from edgeface.backends.tensorrt.layers import EngineLayer
from edgeface.errors import InputError


@dataclass(frozen=True)
class BatchProfile:
    """The batch sizes that an engine takes, and the one that its kernels are chosen for.

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
                f"a batch profile of {self.least}, {self.best}, {self.most} is not in order",
                fix="give the least, the best and the most batch size: 1 ≤ least ≤ best ≤ most, e.g. 1, 8, 64",
            )


@dataclass(frozen=True)
class EngineRequest:
    """What to build.

    `compute_capabilities` are the GPUs that the engine must run on, as digits ("86"); empty for the GPU that is here.
    `batch` applies to inputs whose first dimension is symbolic. `workspace_bytes` bounds the scratch memory of a
    kernel (None: the library's default). `timing_cache` is what an earlier build returned; libraries that time no
    kernels ignore it. `where` names the model in errors.
    """

    compute_capabilities: tuple[str, ...] = ()
    batch: BatchProfile = BatchProfile()
    workspace_bytes: int | None = None
    timing_cache: bytes | None = None
    where: str = "the ONNX model"


@dataclass(frozen=True)
class Engine:
    """A serialized engine with what its builder says of it.

    `layers` are the engine's own layers in the order in which they run, without mere synchronisation. `library` and
    `version` name what built it, and what alone reads it, `cuda` the least CUDA that the driver must serve for that,
    None where it is not known. `warnings` are the builder's, each once.
    """

    plan: bytes
    compute_capabilities: tuple[str, ...]
    layers: tuple[EngineLayer, ...]
    library: str
    version: str
    timing_cache: bytes | None
    warnings: tuple[str, ...]
    cuda: str | None = None
