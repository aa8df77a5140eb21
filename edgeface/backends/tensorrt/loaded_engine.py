"""Loaded engines: tensors, supported batches, and an execution context."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeface.backends.checks import DYNAMIC, read_model
from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tensorrt.build_log import build_log_class
from edgeface.backends.tensorrt.library import Library
from edgeface.errors import RuntimeFailure

_PROFILE = 0


class LoadedEngine:
    """A deserialized engine and its execution context.

    Args:
        path: the engine file.
        library: the TensorRT that loads it.

    Raises:
        InputError: the file is missing or empty.
        RuntimeFailure: TensorRT rejects it, or numpy lacks the type of a tensor.
    """

    def __init__(self, path: Path, library: Library) -> None:
        self.where = str(path)
        trt = library.module
        self._log: Any = build_log_class(trt)()
        self._runtime: Any = trt.Runtime(self._log)
        self._engine: Any = self._runtime.deserialize_cuda_engine(read_model(path))
        if self._engine is None:
            raise self.failure(f"{library.name} {library.version} cannot load the engine")
        self.inputs, self.outputs = self._specs(trt)
        self.context: Any = self._context(trt)
        if self.context is None:
            raise self.failure("the engine does not create an execution context, perhaps because the GPU lacks memory")

    def failure(self, what: str) -> RuntimeFailure:
        """A failure of this engine, with TensorRT's last errors."""
        said = self._log.errors()
        return RuntimeFailure(
            f"{what}: {said[-1]}" if said else what,
            where=self.where,
            fix="only the version that built an engine can load it, on its kind of GPU: export the artifact again, and "
            "see `edgeface doctor`",
        )

    def check_batch(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Reject shapes that the engine was not built for.

        Raises:
            RuntimeFailure: naming the input and its supported shapes.
        """
        for spec in self.inputs:
            if DYNAMIC not in spec.shape:
                continue
            minimum, _, maximum = (tuple(shape) for shape in self._engine.get_tensor_profile_shape(spec.name, _PROFILE))
            shape = shapes[spec.name]
            if not all(low <= size <= high for low, size, high in zip(minimum, shape, maximum, strict=True)):
                raise RuntimeFailure(
                    f"input {spec.name!r} is {list(shape)}, the engine supports {list(minimum)} to {list(maximum)}",
                    where=self.where,
                    fix="use a batch that it was built for, or export the artifact again for this batch",
                )

    def close(self) -> None:
        """Release TensorRT's GPU resources: context first, then engine, then runtime."""
        self.context = None
        self._engine = None
        self._runtime = None

    def _specs(self, trt: Any) -> tuple[tuple[TensorSpec, ...], tuple[TensorSpec, ...]]:
        inputs: list[TensorSpec] = []
        outputs: list[TensorSpec] = []
        for index in range(self._engine.num_io_tensors):
            name = self._engine.get_tensor_name(index)
            spec = TensorSpec(name, tuple(map(int, self._engine.get_tensor_shape(name))), self._dtype(trt, name))
            (inputs if self._engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT else outputs).append(spec)
        return tuple(inputs), tuple(outputs)

    def _dtype(self, trt: Any, name: str) -> str:
        kind = self._engine.get_tensor_dtype(name)
        try:
            return str(trt.nptype(kind).__name__)
        except TypeError as error:
            raise RuntimeFailure(
                f"{name!r} is {kind}, which numpy lacks",
                where=self.where,
                fix="export the artifact again: its inputs and outputs are float32",
            ) from error

    def _context(self, trt: Any) -> Any:
        """The execution context; TensorRT-RTX compiles kernels eagerly, before anything is run or timed."""
        strategies = getattr(trt, "DynamicShapesKernelSpecializationStrategy", None)
        if strategies is None:
            return self._engine.create_execution_context()
        config = self._engine.create_runtime_config()
        config.dynamic_shapes_kernel_specialization_strategy = strategies.EAGER
        return self._engine.create_execution_context(config)
