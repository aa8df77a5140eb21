"""A TFLite model in the board's runtime: LiteRT (ai-edge-litert) or tflite-runtime."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.tflite.soundness import unsoundness
from edgeface.bundle.face_runner.errors import RunnerError

Array = NDArray[Any]
RUNTIMES = (("ai_edge_litert", "ai-edge-litert"), ("tflite_runtime", "tflite-runtime"))
COMPARABLE = ("xnnpack", "reference")
"""Kernels whose integers are the same on every machine, those of LiteRT and of tflite-runtime."""
RESOLVERS = {"deployed": "BUILTIN", "xnnpack": "BUILTIN", "reference": "BUILTIN_REF"}


def runtime_module() -> tuple[Any, str, str]:
    """The interpreter's module, and the name and version of its distribution; LiteRT if both are installed.

    Raises:
        RunnerError: neither is installed.
    """
    for package, distribution in RUNTIMES:
        try:
            module = import_module(f"{package}.interpreter")
        except ImportError:
            continue
        try:
            version = metadata.version(distribution)
        except metadata.PackageNotFoundError:
            version = "unknown"
        return module, distribution, version
    raise RunnerError("no TFLite runtime is installed", fix="pip install ai-edge-litert, or tflite-runtime")


def comparable_kernels() -> str:
    """Kernels of this runtime whose integers are the same on every machine: "xnnpack" or "reference".

    LiteRT delegates int8 to XNNPACK; tflite-runtime computes it with kernels that differ between machines, so only
    its reference kernels can be compared.
    """
    return COMPARABLE[0] if runtime_module()[1] == RUNTIMES[0][1] else COMPARABLE[1]


class Network:
    """A loaded model, float32 in and out. Threads may share it: calls of `run` take turns.

    An interpreter keeps inputs and outputs in one arena: two runs at once would fail, or get each other's values.

    Args:
        content: bytes of a .tflite file.
        threads: threads inside one operator.
        kernels: "deployed" (the runtime's choice), "xnnpack" or "reference".
        keep_all: keep every intermediate tensor readable.

    Raises:
        RunnerError: no runtime is installed, or it refuses the model.
    """

    def __init__(self, content: bytes, threads: int = 1, kernels: str = "deployed", keep_all: bool = False) -> None:
        module = runtime_module()[0]
        self._turn = threading.Lock()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a warning that preserving tensors takes memory
                self._interpreter = module.Interpreter(
                    model_content=content,
                    num_threads=threads,
                    experimental_op_resolver_type=getattr(module.OpResolverType, RESOLVERS[kernels]),
                    experimental_preserve_all_tensors=keep_all,
                )
                damage = unsoundness(self._interpreter)
                if damage is not None:
                    raise RunnerError(f"the model is damaged: {damage}")
                self._interpreter.allocate_tensors()
            self._input = self._interpreter.get_input_details()[0]
            details = self._interpreter.get_output_details()
            names = self._signature_outputs()
        except (RuntimeError, ValueError, IndexError) as error:
            raise RunnerError(f"the runtime cannot load the model: {' '.join(str(error).split())}") from error
        self._content = content  # the interpreter reads weights from it
        self._outputs = {names.get(int(item["index"]), str(item["name"])): item for item in details}

    def output_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the outputs by name, maps (rank 4) in NCHW."""
        return {key: _nchw_shape(tuple(map(int, item["shape"]))) for key, item in self._outputs.items()}

    def input_shape(self) -> tuple[int, ...]:
        """The shape of the input, [1,h,w,C]."""
        return tuple(map(int, self._input["shape"]))

    def run(self, image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The float32 outputs by name of one run on float32 [1,h,w,C]; maps (rank 4) in NCHW."""
        with self._turn:
            self.set_input(image)
            self.invoke()
            found = {name: self._interpreter.get_tensor(item["index"]) for name, item in self._outputs.items()}
        real = {name: _dequantized(values, self._outputs[name]) for name, values in found.items()}
        return {name: values.transpose(0, 3, 1, 2) if values.ndim == 4 else values for name, values in real.items()}

    def set_input(self, image: NDArray[np.float32]) -> Array:
        """Set the input, and return it as the model stores it; only for one thread, as are `invoke` and `tensor`."""
        stored = np.ascontiguousarray(_quantized(image, self._input))
        self._interpreter.set_tensor(self._input["index"], stored)
        return stored

    def invoke(self) -> None:
        """Run on the input that was set.

        Raises:
            RunnerError: the runtime fails.
        """
        try:
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise RunnerError(f"the runtime cannot run the model: {' '.join(str(error).split())}") from error

    def tensor(self, index: int) -> Array:
        """A copy of a tensor's stored values after the last run."""
        value: Array = self._interpreter.get_tensor(index)
        return value

    def overwritten(self, tensors: Sequence[int]) -> set[int]:
        """The tensors, given in order of computation, whose memory a later one of them overwrites.

        tflite-runtime 2.14 lets an op overwrite its input even when every tensor is to be kept.
        """
        hidden: set[int] = set()
        later: list[tuple[int, int]] = []
        for index in reversed(tensors):
            view = self._interpreter.tensor(index)()
            begin = int(view.__array_interface__["data"][0])
            end = begin + view.nbytes
            if any(begin < other_end and other < end for other, other_end in later):
                hidden.add(index)
            later.append((begin, end))
        return hidden

    def operators(self) -> list[dict[str, Any]]:
        """The model's nodes in order, without the delegate's: op_name, inputs, outputs."""
        return [item for item in self._interpreter._get_ops_details() if item["op_name"] != "DELEGATE"]

    def tensor_names(self) -> dict[int, str]:
        """Every tensor's name by its index."""
        return {int(item["index"]): str(item["name"]) for item in self._interpreter.get_tensor_details()}

    def storage(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """How the input and the first output are stored: dtype, bytes of a value, scale (None in float), zero point."""
        first, second = (_storage(item) for item in (self._input, next(iter(self._outputs.values()))))
        return first, second

    def output_storage(self) -> dict[str, dict[str, Any]]:
        """How each output is stored, by name; as `storage`."""
        return {name: _storage(item) for name, item in self._outputs.items()}

    def _signature_outputs(self) -> dict[int, str]:
        signatures = self._interpreter._get_full_signature_list()
        for key in sorted(signatures, key=lambda name: (name != "serving_default", name)):
            return {int(index): str(name) for name, index in signatures[key]["outputs"].items()}
        return {}


def _nchw_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A TFLite model's shape as the graph names its axes: maps (rank 4) are stored NHWC."""
    return (shape[0], shape[3], shape[1], shape[2]) if len(shape) == 4 else shape


def _storage(detail: Any) -> dict[str, Any]:
    scales, zero_points = _parameters(detail)
    dtype = np.dtype(detail["dtype"])
    quantized = {"scale": float(scales[0]), "zero_point": int(zero_points[0])} if len(scales) else {"scale": None}
    return {"dtype": dtype.name, "bytes": dtype.itemsize, **quantized}


def _quantized(values: NDArray[np.float32], detail: Any) -> Array:
    """Quantized values: x / scale rounded half away from zero, plus zero point, saturated; floats are unchanged."""
    scales, zero_points = _parameters(detail)
    if not len(scales):
        return values.astype(detail["dtype"], copy=False)
    limits = np.iinfo(detail["dtype"])
    scaled = values.astype(np.float32, copy=False) / np.float32(scales[0])
    whole = np.trunc(scaled)
    whole += np.where(np.abs(scaled - whole) >= 0.5, np.sign(scaled), np.float32(0))
    stored: Array = np.clip(whole + np.float32(zero_points[0]), limits.min, limits.max).astype(detail["dtype"])
    return stored


def _dequantized(values: Array, detail: Any) -> NDArray[np.float32]:
    scales, zero_points = _parameters(detail)
    if not len(scales):
        return values.astype(np.float32, copy=False)
    real: NDArray[np.float32] = (values.astype(np.float32) - np.float32(zero_points[0])) * np.float32(scales[0])
    return real


def _parameters(detail: Any) -> tuple[Any, Any]:
    found = detail["quantization_parameters"]
    return found["scales"], found["zero_points"]
