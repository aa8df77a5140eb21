"""Models loaded in one of the device's runtimes; tensors are numbered, since the host knows their names."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESOLVERS = {"xnnpack": "BUILTIN", "reference": "BUILTIN_REF", "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES"}
_MARK_START, _MARK_END = 0x51510001, 0x51518001


class TfliteModel:
    """A .tflite model in LiteRT or tflite-runtime."""

    def __init__(self, content: bytes, asked: Mapping[str, Any]) -> None:
        if asked["runtime"] == "tflite-runtime":
            import tflite_runtime as package
            from tflite_runtime import interpreter as module
        else:
            import ai_edge_litert as package
            from ai_edge_litert import interpreter as module
        self.version = _version(asked["runtime"], package)
        self._interpreter = module.Interpreter(
            model_content=content,
            num_threads=asked["threads"],
            experimental_op_resolver_type=getattr(module.OpResolverType, _RESOLVERS[asked["kernels"]]),
            experimental_preserve_all_tensors=asked["keep_all"],
        )
        self._interpreter.allocate_tensors()
        self._read, self._write = self._interpreter.get_input_details(), self._interpreter.get_output_details()

    def feed(self, arrays: Mapping[str, Any]) -> None:
        """Set every input: array "0" is the first."""
        for index, item in enumerate(self._read):
            self._interpreter.set_tensor(item["index"], arrays[str(index)])

    def invoke(self) -> None:
        """Run once on the fed inputs."""
        self._interpreter.invoke()

    def outputs(self) -> dict[str, Any]:
        """Every output of the last run: "0" is the first."""
        return {str(i): self._interpreter.get_tensor(item["index"]) for i, item in enumerate(self._write)}

    def tensors(self, indices: list[int]) -> dict[str, Any]:
        """Tensors of the last run by their index in the model; the model must have been loaded with `keep_all`."""
        return {str(index): self._interpreter.get_tensor(index) for index in indices}


class OnnxModel:
    """An .onnx model in ONNX Runtime on the CPU."""

    def __init__(self, content: bytes, asked: Mapping[str, Any]) -> None:
        import onnxruntime

        self.version = str(onnxruntime.__version__)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = asked["threads"]
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.use_deterministic_compute = True
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self._feeds: dict[str, Any] = {}
        self._found: list[Any] = []

    def feed(self, arrays: Mapping[str, Any]) -> None:
        """Set every input: array "0" is the first."""
        self._feeds = {item.name: arrays[str(index)] for index, item in enumerate(self._session.get_inputs())}

    def invoke(self) -> None:
        """Run once on the fed inputs."""
        self._found = self._session.run(None, self._feeds)

    def outputs(self) -> dict[str, Any]:
        """Every output of the last run: "0" is the first."""
        return {str(index): array for index, array in enumerate(self._found)}


def latencies_ms(model: Any, runs: int, warm_up: int) -> list[float]:
    """Latencies in milliseconds of `runs` runs, after `warm_up` runs that are not timed."""
    for _ in range(warm_up):
        model.invoke()
    found = []
    for _ in range(runs):
        start = time.perf_counter_ns()
        model.invoke()
        found.append((time.perf_counter_ns() - start) / 1e6)
    return found


def run_once(model: Any, marked: bool) -> None:
    """Run a model; with `marked`, between two no-op system calls that the emulator's counting plugin recognizes."""
    if marked:
        _mark(_MARK_START)
    model.invoke()
    if marked:
        _mark(_MARK_END)


def _mark(which: int) -> None:
    with suppress(OSError):  # no such process exists: the call itself is the mark
        os.getpriority(os.PRIO_PROCESS, which)


def _version(name: str, package: Any) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version({"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime"}[name])
    except PackageNotFoundError:
        return str(getattr(package, "__version__", "unknown"))
