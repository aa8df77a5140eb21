"""ncnn on the CPU, in float32 or with values stored in bfloat16."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.backends.checks import check_feeds
from edgeface.backends.ncnn.blobs import blob_shape
from edgeface.backends.ncnn.files import check_weights, read_network, weights_beside
from edgeface.backends.ncnn.layer import STORED
from edgeface.backends.ncnn.library import load_library
from edgeface.backends.ncnn.options import set_options
from edgeface.backends.ncnn.param_file import ParamFile, Port
from edgeface.backends.ncnn.sizes import check_sizes
from edgeface.backends.ncnn.split_groups import refuse_grouped
from edgeface.backends.ncnn.write import text_of
from edgeface.backends.runtime import TensorSpec
from edgeface.core.native_log import native_log_held
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array


class NcnnRunner:
    """A loaded .param file with its .bin file. Threads may share it: each run has its own extractor.

    Args:
        model: a .param file, beside which the .bin file of the same name lies.
        threads: threads inside one layer.
        keep: keep every blob of a run readable; it takes more memory.

    Raises:
        InputError: ncnn is not installed, a file is missing or damaged, or ncnn lacks one of its layers.
        RuntimeFailure: ncnn refuses the network.
    """

    def __init__(self, model: Path, threads: int = 1, keep: bool = False) -> None:
        self.where = str(model)
        self._ncnn = load_library()
        self.network = read_network(model)
        made = ((layer.outputs, layer.params.get(STORED)) for layer in self.network.layers)
        self._stored = {names[0]: said for names, said in made if isinstance(said, tuple) and len(said) == 2}
        weights = weights_beside(model)
        check_weights(self.network, weights)
        self._check_layers()
        check_sizes(self.network, self.where)
        refuse_grouped(self.network, self.where)
        self._net = self._load(weights, threads, keep)
        self.inputs = tuple(TensorSpec(port.name, self._shape(port), "float32") for port in self.network.inputs)
        self.outputs = tuple(TensorSpec(p.name, shape, "float32") for p, shape in self._output_shapes())

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once.

        Args:
            feeds: every input by name, float32, with a batch of one where blobs leave it out.

        Returns:
            Every output by name, copied out of ncnn, in the shape that the file says.

        Raises:
            RuntimeFailure: a feed does not match, or ncnn fails.
        """
        check_feeds(self.inputs, feeds, self.where)
        found = self.blobs(feeds, [port.blob for port in self.network.outputs])
        shapes = {spec.name: spec.shape for spec in self.outputs}
        return {port.name: self._shaped(found[port.blob], shapes[port.name]) for port in self.network.outputs}

    def _shaped(self, array: Array, shape: tuple[int, ...]) -> Array:
        if array.size != math.prod(shape):
            raise RuntimeFailure(f"ncnn made {list(array.shape)}, the file says {list(shape)}", where=self.where)
        return array.reshape(shape)

    def blobs(self, feeds: Mapping[str, Array], names: Iterable[str]) -> dict[str, Array]:
        """Blobs of one run by name, float32, without a batch; integers as the numbers that they stand for.

        Raises:
            RuntimeFailure: ncnn fails.
        """
        with self.extraction(feeds) as extraction:
            return {name: self._real(name, extraction.array(name)) for name in names}

    def _real(self, blob: str, array: Array) -> Array:
        stored = self._stored.get(blob)
        if stored is None:
            return array
        scale, zero = stored
        real: Array = (array.astype(np.float32) - np.float32(zero)) * np.float32(scale)
        return real

    def extraction(self, feeds: Mapping[str, Array]) -> Extraction:
        """A run that computes blobs when they are asked for: a context manager."""
        return Extraction(self._ncnn, self._net, self.network, feeds, self.where)

    def _load(self, weights: Path, threads: int, keep: bool) -> Any:
        net = self._ncnn.Net()
        set_options(net.opt, self.network, threads, keep)
        with native_log_held() as log:
            refused = net.load_param_mem(text_of(self.network.layers)) or net.load_model(str(weights))
        if refused:
            reason = "; ".join(log) or f"status {refused}"
            raise RuntimeFailure(
                f"ncnn cannot load the network: {reason}", where=self.where, fix="copy both of its files again"
            )
        return net

    def _check_layers(self) -> None:
        unknown = sorted({each.kind for each in self.network.layers if self._ncnn.layer_to_index(each.kind) < 0})
        if unknown:
            raise InputError(
                f"ncnn {self._ncnn.__version__} has no layer {', '.join(unknown)}",
                where=self.where,
                fix="install a newer ncnn, or export to another target",
            )

    def _shape(self, port: Port) -> tuple[int, ...]:
        if port.shape is None:
            raise InputError(
                f"the file does not say the size of its input {port.name!r}",
                where=self.where,
                fix="write it into its Input line: 0=width 1=height 2=channels",
            )
        return port.shape

    def _output_shapes(self) -> list[tuple[Port, tuple[int, ...]]]:
        """The shapes of the outputs: as the file says, else those of a run, with a batch of one."""
        ports = self.network.outputs
        unsaid = [port.blob for port in ports if port.shape is None]
        zeros = {spec.name: np.zeros(spec.shape, np.float32) for spec in self.inputs}
        found = self.blobs(zeros, unsaid) if unsaid else {}
        return [(port, port.shape if port.shape is not None else (1, *found[port.blob].shape)) for port in ports]


class Extraction:
    """One run of a network. An extractor must end before its net, and a Mat keeps no reference to its array."""

    def __init__(self, ncnn: Any, net: Any, network: ParamFile, feeds: Mapping[str, Array], where: str) -> None:
        self._ncnn, self._net, self._network, self._where = ncnn, net, network, where
        self._arrays = {port.name: np.ascontiguousarray(feeds[port.name]) for port in network.inputs}
        self._extractor: Any = None

    def __enter__(self) -> Extraction:
        """Begin, with the inputs set."""
        self._extractor = self._net.create_extractor()
        for port in self._network.inputs:
            array = self._arrays[port.name]
            mat = self._ncnn.Mat(array.reshape(blob_shape(array.shape))).clone()
            self._check(self._extractor.input(port.blob, mat), f"input {port.name!r}")
        return self

    def __exit__(self, *_: object) -> None:
        """End the run."""
        self._extractor = None

    def array(self, blob: str) -> Array:
        """A blob as an array; converting an empty one would end the process.

        Raises:
            RuntimeFailure: ncnn fails.
        """
        found = self.extract(blob)
        made: Array = np.zeros(0, np.float32) if found.empty() else np.array(found)
        return made

    def extract(self, blob: str, raw: bool = False) -> Any:
        """A blob, computed with all that it needs; `raw` leaves it packed and in the type in which it is stored.

        Raises:
            RuntimeFailure: ncnn fails.
        """
        status, found = self._extractor.extract(blob, int(raw))
        self._check(status, f"blob {blob!r}")
        return found

    def _check(self, status: int, what: str) -> None:
        if status:
            short = status == -100
            raise RuntimeFailure(
                f"ncnn fails at {what} (status {status})" + (": no memory is left" if short else ""), where=self._where
            )
