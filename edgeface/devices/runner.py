"""A model on a device, with the interface of every runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np

from edgeface.backends import runtime_for, runtime_named
from edgeface.backends.checks import check_feeds, read_model
from edgeface.backends.ncnn.blobs import blob_shape
from edgeface.backends.ncnn.files import read_network
from edgeface.backends.ncnn.options import USUAL, options_of
from edgeface.backends.runtime import Runner, TensorSpec
from edgeface.backends.tflite.runner import Kernels
from edgeface.devices.link import Link, printable
from edgeface.devices.ncnn_files import read_ncnn
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array

Runtime = Literal["litert", "tflite-runtime", "onnxruntime", "ncnn"]

RUN_TIMEOUT_S = 600.0
_MAX_NCNN_BYTES = 1 << 28


class RuntimeMissing(RuntimeFailure):
    """A device, or this machine, lacks the runtime for a model."""


@dataclass(frozen=True)
class Loading:
    """How a model is loaded.

    Args:
        runtime: of the device; both TFLite runtimes take .tflite files, "onnxruntime" .onnx files, "ncnn" .param files
            with the .bin file next to them.
        kernels: of a TFLite runtime, as of `LiteRtRunner`.
        threads: threads inside one operator.
        keep_all: keep every intermediate tensor readable; not for timing. TFLite only.
        cpus: processors to pin to; empty leaves it to the device.
        options: fields of ncnn's Option that differ from its defaults, e.g. (("use_bf16_storage", True),).
        weightless: run a .param file with weights of zero, for its latency. ncnn only.
    """

    runtime: Runtime = "litert"
    kernels: Kernels = "xnnpack"
    threads: int = 1
    keep_all: bool = False
    cpus: tuple[int, ...] = ()
    options: tuple[tuple[str, bool | int], ...] = ()
    weightless: bool = False

    @property
    def shows_values(self) -> bool:
        """Whether the runtime's intermediate tensors can be read."""
        return _HERE[self.runtime] == "litert"

    @property
    def bfloat16(self) -> bool:
        """Whether values are stored in bfloat16."""
        return ("use_bf16_storage", True) in self.options

    @property
    def path(self) -> str:
        """Runtime and kernels as text."""
        if self.runtime == "ncnn":
            unusual = [(name, value) for name, value in self.options if USUAL.get(name) != value]
            return " ".join(["ncnn", *(f"{name}={value}" for name, value in unusual)])
        return self.runtime if self.runtime == "onnxruntime" else f"{self.runtime} {self.kernels}"


# The runtime of this machine that each runtime of a device is compared with.
_HERE: dict[Runtime, str] = {
    **{"litert": "litert", "tflite-runtime": "litert"},
    **{"onnxruntime": "onnxruntime", "ncnn": "ncnn"},
}
_COMPARED = {
    "onnxruntime": (Loading("onnxruntime"),),
    "litert": (Loading("litert", "xnnpack"), Loading("litert", "reference"), Loading("tflite-runtime", "reference")),
}


class DeviceRunner:
    """A model that is loaded on a device.

    Its inputs and outputs are those of the same model on this machine, and the device's outputs must have their shapes
    and dtypes; of ncnn they are those of the graph's text, see `NcnnFiles`. The link stays open after use: it can load
    another model.

    Args:
        link: an open session.
        model: an .onnx, .tflite or .param file.
        loading: runtime, kernels, threads.

    Raises:
        InputError: the file is missing or damaged, or not of the runtime's format.
        RuntimeMissing: the device lacks the runtime.
        RuntimeFailure: the runtime refuses the model, or the device fails.
    """

    def __init__(self, link: Link, model: Path, loading: Loading) -> None:
        self.where = f"{model} on {link.name}"
        self.loading = loading
        self.link = link
        files, ends, blobs = _read(model, loading)
        self.inputs: tuple[TensorSpec, ...] = ends[0]
        self.outputs: tuple[TensorSpec, ...] = ends[1]
        self._blobs = blobs
        names = {
            "inputs": [blobs.get(spec.name, spec.name) for spec in self.inputs],
            "outputs": [blobs.get(spec.name, spec.name) for spec in self.outputs],
        }
        request = {"do": "load", **vars(loading), "cpus": list(loading.cpus), **names}
        try:
            head, _ = link.ask(request, {name: np.frombuffer(content, np.uint8) for name, content in files.items()})
        except RuntimeFailure as error:
            if "ModuleNotFoundError" not in error.what:
                raise RuntimeFailure(error.what, where=self.where, fix=error.fix) from error
            package = "ai-edge-litert" if loading.runtime == "litert" else loading.runtime
            raise RuntimeMissing(
                error.what, where=self.where, fix=f"install it on the device: python3 -m pip install {package}"
            ) from error
        self.version = printable(head.get("version"), 40)
        self.unpinned = None if head.get("unpinned") is None else printable(head["unpinned"])

    def run(self, feeds: Mapping[str, Array], marked: bool = False) -> dict[str, Array]:
        """Run once.

        Args:
            feeds: every input by name, in the model's own shapes and dtypes.
            marked: run between the marks of the emulator's counting plugin.

        Raises:
            RuntimeFailure: a feed does not fit, the device fails, or its answer is not the model's output.
        """
        check_feeds(self.inputs, feeds, self.where)
        given = {str(index): self._sent(feeds[spec.name]) for index, spec in enumerate(self.inputs)}
        expected = {str(index): spec for index, spec in enumerate(self.outputs)}
        found = self._ask_arrays({"do": "run", "marked": marked}, given, expected)
        return {spec.name: self._received(found[index], spec) for index, spec in expected.items()}

    def _sent(self, array: Array) -> Array:
        """A feed without its batch, if the network's blobs leave that out."""
        return array.reshape(blob_shape(array.shape)) if self._blobs else array

    def _received(self, array: Array, spec: TensorSpec) -> Array:
        return array.reshape(spec.shape) if self._blobs else array

    def tensors(self, wanted: Mapping[int, TensorSpec]) -> dict[int, Array]:
        """Tensors of the last run by their index in the model, which was loaded with `keep_all`.

        Raises:
            RuntimeFailure: the device fails, or a tensor does not have the shape and dtype in `wanted`.
        """
        expected = {str(index): spec for index, spec in wanted.items()}
        found = self._ask_arrays({"do": "tensors", "indices": list(wanted)}, {}, expected)
        return {int(index): array for index, array in found.items()}

    def latencies_ms(self, runs: int, warm_up: int) -> list[float]:
        """Latencies in milliseconds of `runs` runs on the last fed inputs, after `warm_up` runs that are not timed.

        Raises:
            RuntimeFailure: the device fails, or sends something else.
        """
        head, _ = self.link.ask({"do": "time", "runs": runs, "warm_up": warm_up}, timeout_s=RUN_TIMEOUT_S)
        found = head.get("ms")
        if not isinstance(found, list) or len(found) != runs:
            raise RuntimeFailure("the device sent no latencies", where=self.where)
        if not all(type(ms) is float and 0 < ms < 1e9 for ms in found):
            raise RuntimeFailure("the device sent invalid latencies", where=self.where)
        return found

    def close(self) -> None:
        """End the session with the device."""
        self.link.close()

    def __enter__(self) -> DeviceRunner:
        """The runner itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the session with the device."""
        self.close()

    def _ask_arrays(
        self, request: Mapping[str, object], given: Mapping[str, Array], expected: Mapping[str, TensorSpec]
    ) -> dict[str, Array]:
        unknown = self.loading.runtime == "ncnn"
        limit = _MAX_NCNN_BYTES if unknown else sum(_max_bytes(spec) for spec in expected.values())
        _, found = self.link.ask(request, given, limit, RUN_TIMEOUT_S)
        for index, spec in expected.items():
            array = found.get(index)
            if array is None or str(array.dtype) != spec.dtype or not self._has_shape(array, spec):
                got = "nothing" if array is None else f"{array.dtype}{list(array.shape)}"
                raise RuntimeFailure(
                    f"the device sent {got} for {spec.name!r}, which is {spec.dtype}{list(spec.shape)}",
                    where=self.where,
                )
        return found

    def _has_shape(self, array: Array, spec: TensorSpec) -> bool:
        """Whether the device's array has a tensor's shape; the shapes of ncnn's outputs are not known here."""
        if self.loading.runtime == "ncnn":
            return not self._blobs or array.size == prod(spec.shape)
        wanted = zip(array.shape, spec.shape, strict=False)
        return len(array.shape) == len(spec.shape) and all(want in (-1, got) for got, want in wanted)


def _read(
    model: Path, loading: Loading
) -> tuple[dict[str, bytes], tuple[tuple[TensorSpec, ...], ...], Mapping[str, str]]:
    """The files that the device is sent, the model's inputs and outputs, and ncnn's blobs of these."""
    if loading.runtime == "ncnn":
        found = read_ncnn(model, loading.weightless)
        files = {"model": found.param} | ({} if found.weights is None else {"weights": found.weights})
        return files, (found.inputs, found.outputs), found.blobs
    here = open_here(model, replace(loading, keep_all=False))
    return {"model": read_model(model)}, (here.inputs, here.outputs), {}


def open_here(model: Path, loading: Loading) -> Runner:
    """The same model in this machine's runtime; LiteRT is used for tflite-runtime too.

    Raises:
        InputError: the file is missing or damaged, or not of the runtime's format.
        RuntimeFailure: the runtime refuses it.
    """
    stands_in = _HERE[loading.runtime]
    if runtime_for(model).name != stands_in:
        runs = " and ".join(runtime_named(stands_in).suffixes)
        raise InputError(f"{loading.runtime} runs {runs} files", where=str(model))
    if not loading.shows_values:
        return runtime_named(stands_in).open(model, loading.threads)
    from edgeface.backends.tflite.runner import LiteRtRunner

    return LiteRtRunner(model, loading.threads, loading.kernels, loading.keep_all)


def loadings_of(model: Path) -> Sequence[Loading]:
    """The runtimes and kernels in which a model file is compared.

    LiteRT's built-in kernels are left out: they round integers differently on each processor, and so do
    tflite-runtime's default kernels.

    Raises:
        InputError: devices do not run such a file.
    """
    here = runtime_for(model)
    if here.name == "ncnn":
        return (Loading("ncnn", options=tuple(sorted(options_of(read_network(model)).items()))),)
    if here.name not in _COMPARED:
        known = " or ".join(sorted([*_COMPARED, "ncnn"]))
        raise InputError(f"devices do not run models of {here.title}", where=str(model), fix=f"use a model of {known}")
    return _COMPARED[here.name]


def _max_bytes(spec: TensorSpec) -> int:
    count = 1
    for side in spec.shape:
        count *= side if side >= 0 else 1 << 16
    return min(count * np.dtype(spec.dtype).itemsize, 1 << 30)
