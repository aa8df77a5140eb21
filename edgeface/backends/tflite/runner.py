"""LiteRT (TFLite) on the CPU, with XNNPACK, the reference kernels or the built-in optimized ones."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edgeface.backends.checks import check_feeds, describe_model, read_model
from edgeface.backends.runtime import TensorSpec
from edgeface.backends.tflite.delegation import DELEGATE, Delegation, Operator, delegation_of
from edgeface.backends.tflite.soundness import unsoundness
from edgeface.core.native_log import native_log_held
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array

Kernels = Literal["xnnpack", "reference", "builtin"]

_RESOLVERS: dict[str, str] = {
    "xnnpack": "BUILTIN",
    "reference": "BUILTIN_REF",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
}
_IDENTIFIER = slice(4, 8), b"TFL3"
_SIGNATURE = "serving_default"


class LiteRtRunner:
    """A loaded .tflite model. Threads may share it: runs take turns.

    An interpreter keeps inputs and outputs in one arena, so that of two runs at once either fails, or gets the other's
    values. A lock costs 0.2 µs a run; an interpreter for each thread would cost its arena and packed weights again.

    Inputs and outputs have the names of the model's signature if there is one, else tensor names.

    Args:
        model: a .tflite file, or its bytes.
        threads: threads inside one operator.
        kernels: "xnnpack" as deployed, "reference" for the reference kernels, "builtin" for LiteRT's optimized kernels
            without a delegate.
        preserve_all: keep all intermediate tensors readable by `tensor`; with "xnnpack" this puts each op into a
            separate partition, so do not time it or count its partitions.

    Raises:
        InputError: the file is missing, empty or not a complete TFLite model.
        RuntimeFailure: LiteRT rejects the model, e.g. because of an unsupported op.
    """

    def __init__(
        self, model: Path | bytes, threads: int = 1, kernels: Kernels = "xnnpack", preserve_all: bool = False
    ) -> None:
        self.where = describe_model(model)
        self._turn = threading.Lock()
        content = read_model(model, {"tflite"})
        where, identifier = _IDENTIFIER
        if content[where] != identifier:
            raise InputError("not a TFLite model", where=self.where, fix="pass a .tflite file that an export wrote")
        self._interpreter = self._load(content, threads, kernels, preserve_all)
        try:
            read, write = self._interpreter.get_input_details(), self._interpreter.get_output_details()
            names = self._signature_names(read, write)
        except ValueError as error:  # an index that is no tensor's
            raise InputError(
                f"the TFLite model is damaged: {_one_line(error)}", where=self.where, fix="export or copy it again"
            ) from error
        self._input_index = {names[0][item["index"]]: int(item["index"]) for item in read}
        self._output_index = {names[1][item["index"]]: int(item["index"]) for item in write}
        self.inputs: tuple[TensorSpec, ...] = tuple(_spec(item, names[0][item["index"]]) for item in read)
        self.outputs: tuple[TensorSpec, ...] = tuple(_spec(item, names[1][item["index"]]) for item in write)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once, after runs of other threads.

        Args:
            feeds: every input by name, in the model's shapes (NHWC images) and dtypes.

        Returns:
            Every output by name, copied out of the interpreter.

        Raises:
            RuntimeFailure: a feed does not match, or LiteRT fails.
        """
        check_feeds(self.inputs, feeds, self.where)
        given = {self._input_index[name]: np.ascontiguousarray(array) for name, array in feeds.items()}
        try:
            with self._turn:
                for index, array in given.items():
                    self._interpreter.set_tensor(index, array)
                self._interpreter.invoke()
                return {name: self._interpreter.get_tensor(index) for name, index in self._output_index.items()}
        except (RuntimeError, ValueError) as error:
            raise RuntimeFailure(f"LiteRT failed: {_one_line(error)}", where=self.where) from error

    def run_filled(self, name: str, fill: Callable[[Array], object]) -> dict[str, Array]:
        """Run once on an input that `fill` writes where the interpreter reads it, rather than have it copied there.

        Args:
            name: the only input.
            fill: overwrites all of the array that it is given, in the model's shape and dtype, and keeps no view of it.

        Raises:
            RuntimeFailure: LiteRT fails.
        """
        try:
            with self._turn:
                fill(self._interpreter.tensor(self._input_index[name])())
                self._interpreter.invoke()
                return {name: self._interpreter.get_tensor(index) for name, index in self._output_index.items()}
        except (RuntimeError, ValueError) as error:
            raise RuntimeFailure(f"LiteRT failed: {_one_line(error)}", where=self.where) from error

    def tensor(self, index: int) -> Array:
        """A copy of a tensor's stored values after the last run, whichever thread's it was.

        Raises:
            RuntimeFailure: the tensor does not exist, or its memory was not kept.
        """
        try:
            with self._turn:
                value: Array = self._interpreter.get_tensor(index)
        except (ValueError, RuntimeError, IndexError, KeyError) as error:
            raise RuntimeFailure(
                f"tensor {index} has no readable value: {_one_line(error)}",
                where=self.where,
                fix="open the model with preserve_all=True and run it once",
            ) from error
        return value

    def tensors(self) -> dict[int, TensorSpec]:
        """All tensors of the main graph by index, including constants."""
        return {int(item["index"]): _spec(item, item["name"]) for item in self._interpreter.get_tensor_details()}

    def operators(self) -> tuple[Operator, ...]:
        """The model's nodes in execution order, without the delegate's."""
        return tuple(operator for operator in self._nodes() if operator.name != DELEGATE)

    def delegation(self) -> Delegation:
        """What the delegate runs in this interpreter; nothing with kernels other than XNNPACK."""
        return delegation_of(self._nodes())

    def _nodes(self) -> list[Operator]:
        return [
            Operator(item["op_name"], tuple(map(int, item["inputs"])), tuple(map(int, item["outputs"])))
            for item in self._interpreter._get_ops_details()
        ]

    def _load(self, content: bytes, threads: int, kernels: Kernels, preserve_all: bool) -> Any:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        log: list[str] = []
        try:
            with native_log_held() as log, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a warning that preserving tensors takes memory
                interpreter = Interpreter(
                    model_content=content,
                    num_threads=threads,
                    experimental_op_resolver_type=getattr(OpResolverType, _RESOLVERS[kernels]),
                    experimental_preserve_all_tensors=preserve_all,
                )
                self._refuse_unsound(interpreter)
                interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            reason = _one_line(error)
            if "Flatbuffer" in reason:
                raise InputError(
                    "the TFLite model is truncated or damaged", where=self.where, fix="export or copy it again"
                ) from error
            native = "; ".join(line for line in log if line not in reason)
            raise RuntimeFailure(
                f"LiteRT cannot load the model: {reason}" + (f" ({native})" if native else ""), where=self.where
            ) from error
        return interpreter

    def _refuse_unsound(self, interpreter: Any) -> None:
        try:
            found = unsoundness(interpreter)
        except (ValueError, IndexError) as error:  # a name that is not UTF-8, an index that is no tensor's
            found = _one_line(error)
        if found is not None:
            raise InputError(f"the TFLite model is damaged: {found}", where=self.where, fix="export or copy it again")

    def _signature_names(self, read: list[Any], write: list[Any]) -> tuple[dict[int, str], dict[int, str]]:
        """Names of inputs and of outputs by tensor index."""
        signatures = self._interpreter._get_full_signature_list()
        for key in sorted(signatures, key=lambda name: (name != _SIGNATURE, name)):
            given = {int(index): name for name, index in signatures[key]["inputs"].items()}
            got = {int(index): name for name, index in signatures[key]["outputs"].items()}
            if set(given) == {item["index"] for item in read} and set(got) == {item["index"] for item in write}:
                return given, got
        return _tensor_names(read), _tensor_names(write)


def _tensor_names(details: list[Any]) -> dict[int, str]:
    names = [item["name"] for item in details]
    unique = len(set(names)) == len(names)
    return {int(item["index"]): item["name"] if unique else f"{item['name']}:{item['index']}" for item in details}


def _spec(detail: Any, name: str) -> TensorSpec:
    """The TensorSpec for an interpreter's tensor details; `scale` only for per-tensor quantization."""
    scales = detail["quantization_parameters"]["scales"]
    zero_points = detail["quantization_parameters"]["zero_points"]
    shape, dtype = tuple(map(int, detail["shape"])), np.dtype(detail["dtype"]).name
    if len(scales) != 1:
        return TensorSpec(name, shape, dtype)
    return TensorSpec(name, shape, dtype, float(scales[0]), int(zero_points[0]))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
