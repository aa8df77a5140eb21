"""Build an engine from strongly typed ONNX: fp16 where it is fp16, int8 where it is Q/DQ."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from edgeface.backends.tensorrt.build_log import build_log_class, without_driver_noise
from edgeface.backends.tensorrt.builder_names import renumber
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.layers import EngineLayer, layers_in_json, layers_in_log
from edgeface.backends.tensorrt.library import Library, load_library
from edgeface.backends.tensorrt.request import Engine, EngineRequest
from edgeface.errors import EdgefaceError, GraphError, InputError, RuntimeFailure

_VARIES = -1


def build_engine(onnx: bytes, request: EngineRequest) -> Engine:
    """The built and serialized engine.

    Args:
        onnx: a complete ONNX model without external data, in the types of the engine.
        request: GPUs and batch sizes.

    Returns:
        The engine with its layers. The same request gives the same bytes if the library does not time kernels.

    Raises:
        InputError: there is no library, it cannot build for a GPU, or it cannot read the model.
        GraphError: the parser rejects a node.
        RuntimeFailure: the builder fails.
    """
    library = load_library()
    targets = buildable(library, request.compute_capabilities, request.where)
    build = _Build(library, request)
    build.parse(onnx)
    build.configure(targets)
    plan = build.serialize()
    layers = renumber(layers_in_log(build.log.messages())) or _inspect(library, plan, build.log)
    if not layers:
        raise RuntimeFailure(f"{library.name} {library.version} does not list the engine's layers", where=request.where)
    cache = build.timing_cache()
    warnings = build.log.warnings()
    return Engine(plan, targets, layers, library.name, library.version, cache, warnings, library.cuda)


def buildable(library: Library, capabilities: Collection[str], where: str) -> tuple[str, ...]:
    """The compute capabilities to build for, in numerical order; by default that of the local GPU.

    Raises:
        InputError: the library cannot build for one of them, or there is no local GPU; `where` names the model.
    """
    gpus = look_for_gpus().gpus
    here = gpus[0].compute_capability if gpus else None
    if not capabilities:
        if here is None:
            raise InputError(
                "there is no local GPU to build an engine for",
                where=where,
                fix=_name_capabilities(library),
            )
        return (here,)
    wanted = tuple(sorted(set(capabilities), key=lambda digits: (len(digits), digits)))
    offered = library.compute_capabilities if library.ahead_of_time else (here,)
    unknown = [digits for digits in wanted if digits not in offered and (digits,) != (here,)]
    if unknown:
        raise InputError(
            f"{library.name} {library.version} cannot build for compute capability {', '.join(unknown)}",
            where=where,
            fix=_name_capabilities(library),
        )
    return wanted


def _name_capabilities(library: Library) -> str:
    if library.ahead_of_time:
        return f"use compute capabilities that {library.name} can build for: {','.join(library.compute_capabilities)}"
    return "build on the machine with the GPU, or install TensorRT-RTX: pip install 'edgeface[tensorrt]'"


class _Build:
    """One run of the builder, from parsing to bytes. It keeps objects that native code refers to alive."""

    def __init__(self, library: Library, request: EngineRequest) -> None:
        self.library = library
        self.request = request
        self.log = build_log_class(library.module)()
        trt = library.module
        self._builder = trt.Builder(self.log)
        # In versions without the flag, all networks are strongly typed.
        typed = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        self._network = self._builder.create_network(0 if typed is None else 1 << int(typed))
        self._config = self._builder.create_builder_config()

    def parse(self, onnx: bytes) -> None:
        self._parser = self.library.module.OnnxParser(self._network, self.log)
        if not self._parser.parse(onnx):
            raise self._refusal()

    def configure(self, targets: tuple[str, ...]) -> None:
        trt, config = self.library.module, self._config
        config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
        config.clear_flag(trt.BuilderFlag.TF32)  # on by default; float32 must have 24 bits of precision, not 11
        if self.request.workspace_bytes is not None:
            config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, self.request.workspace_bytes)
        if self.library.ahead_of_time:
            self._aim_at(targets)
        elif hasattr(config, "create_timing_cache"):
            self._cache = config.create_timing_cache(self.request.timing_cache or b"")
            config.set_timing_cache(self._cache, False)
        self._add_profile()

    def serialize(self) -> bytes:
        built = self._builder.build_serialized_network(self._network, self._config)
        if built is None:
            raise self._failure("build the engine")
        return bytes(built)

    def timing_cache(self) -> bytes | None:
        """The builder's kernel timings, for a later build; None if it does not time kernels."""
        if self.library.ahead_of_time or not hasattr(self._config, "get_timing_cache"):
            return None
        cache = self._config.get_timing_cache()
        return None if cache is None else bytes(cache.serialize())

    def _aim_at(self, targets: tuple[str, ...]) -> None:
        names = self.library.module.ComputeCapability
        self._config.num_compute_capabilities = len(targets)
        for index, digits in enumerate(targets):
            if not self._config.set_compute_capability(getattr(names, f"SM{digits}", names.CURRENT), index):
                raise self._failure(f"build for compute capability {digits}")

    def _add_profile(self) -> None:
        batch = self.request.batch
        inputs = [self._network.get_input(index) for index in range(self._network.num_inputs)]
        varying = {tensor.name: tuple(tensor.shape) for tensor in inputs if _VARIES in tuple(tensor.shape)}
        if not varying and batch.most > 1:
            raise InputError(
                f"the model's batch size is fixed, so it does not support a batch of {batch.most}",
                where=self.request.where,
                fix="export the model with a dynamic batch, or use a batch of 1",
            )
        if not varying:
            return
        profile = self._builder.create_optimization_profile()
        for name, shape in varying.items():
            if _VARIES in shape[1:]:
                raise InputError(
                    f"the input {name!r} has dynamic sizes besides its batch: {list(shape)}",
                    where=self.request.where,
                    fix="set its size at export (--input HxW)",
                )
            profile.set_shape(name, *((size, *shape[1:]) for size in (batch.least, batch.best, batch.most)))
        if self._config.add_optimization_profile(profile) < 0:
            raise self._failure(f"build for batches of {batch.least} to {batch.most}")

    def _failure(self, task: str) -> RuntimeFailure:
        why = " / ".join(self.log.errors()) or "no reason given"
        return RuntimeFailure(f"{self.library.name} cannot {task}: {why}", where=self.request.where)

    def _refusal(self) -> EdgefaceError:
        """The parser's first error, as an EdgefaceError."""
        where, name = self.request.where, self.library.name
        if not self._parser.num_errors:
            return InputError(f"{name} cannot read the ONNX model", where=where)
        error = self._parser.get_error(0)
        words = without_driver_noise(error.desc())
        if error.node() < 0:
            return InputError(f"{name} cannot read the ONNX model: {words}", where=where)
        return GraphError(
            f"{name} rejects the node {error.node_name()!r} ({error.node_operator()}): {words}",
            where=f"{where}, node {error.node()}",
            fix="remove this node or decompose it into other ops; --target onnx-fp32 does not use TensorRT",
        )


def _inspect(library: Library, plan: bytes, log: Any) -> tuple[EngineLayer, ...]:
    """The layers from the engine inspector, for libraries that do not log them; empty without a GPU."""
    if not library.has_gpu:
        return ()
    trt = library.module
    engine = trt.Runtime(log).deserialize_cuda_engine(plan)
    if engine is None:
        return ()
    inspector = engine.create_engine_inspector()
    return layers_in_json(inspector.get_engine_information(trt.LayerInformationFormat.JSON))
