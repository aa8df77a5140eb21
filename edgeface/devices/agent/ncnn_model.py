"""Models loaded in ncnn: a graph as text, and its weights, of which a benchmark needs none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping


class NcnnModel:
    """A .param file with its .bin file, or with weights of zero, in ncnn on the CPU.

    Args:
        content: the .param file.
        weights: the .bin file; None for zeros, which take as long.
        asked: `threads`, the names of `inputs` and `outputs`, and `options`, pairs of a field of ncnn's Option and its
            value.
    """

    def __init__(self, content: bytes, weights: bytes | None, asked: Mapping[str, Any]) -> None:
        import ncnn

        self._ncnn, self._names = ncnn, (asked["inputs"], asked["outputs"])
        self.version = str(ncnn.__version__)
        self._net = ncnn.Net()
        self._net.opt.num_threads = asked["threads"]
        for name, value in asked["options"]:
            if type(getattr(self._net.opt, name)) is not type(value):
                raise ValueError(f"ncnn's option {name} is no {type(value).__name__}")
            setattr(self._net.opt, name, value)
        if self._net.load_param_mem(content.decode()):
            raise ValueError("ncnn refuses the .param file")
        if self._load_weights(weights):
            raise ValueError("ncnn refuses the .bin file")
        self._feeds: list[Any] = []
        self._found: list[Any] = []

    def feed(self, arrays: Mapping[str, Any]) -> None:
        """Set every input: array "0" is the first, without a batch dimension."""
        # A Mat keeps no reference to its array, whose address would also show in the counts: so a copy of ncnn's own.
        stored = [np.ascontiguousarray(arrays[str(index)]) for index in range(len(self._names[0]))]
        self._feeds = [self._ncnn.Mat(array).clone() for array in stored]

    def invoke(self) -> None:
        """Run once on the fed inputs. Its extractor ends with it, which must not outlive the net."""
        extractor = self._net.create_extractor()
        for name, value in zip(self._names[0], self._feeds):  # noqa: B905  (Python 3.8)
            if extractor.input(name, value):
                raise ValueError(f"ncnn refuses the input {name}")
        self._found = []
        for name in self._names[1]:
            failed, value = extractor.extract(name)
            if failed:
                raise ValueError(f"ncnn computes no {name}")
            self._found.append(value)

    def outputs(self) -> dict[str, Any]:
        """Every output of the last run: "0" is the first; one without values, as when nothing is found, has none."""
        return {str(index): _array(value) for index, value in enumerate(self._found)}

    def _load_weights(self, weights: bytes | None) -> int:
        if weights is None:
            return int(self._net.load_model(self._ncnn.DataReaderFromEmpty()))
        # Loading from memory would keep pointers into it; a file without a name is read as any other.
        file = os.memfd_create("weights")
        try:
            with os.fdopen(os.dup(file), "wb") as written:
                written.write(weights)
            return int(self._net.load_model(f"/proc/self/fd/{file}"))
        finally:
            os.close(file)


def _array(value: Any) -> Any:
    """A Mat's values; numpy must not be given an empty one."""
    return np.zeros(0, np.float32) if value.empty() else np.array(value)
