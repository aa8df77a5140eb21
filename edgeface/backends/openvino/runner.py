"""OpenVINO on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from edgeface.backends.checks import DYNAMIC, check_feeds
from edgeface.backends.openvino.compiled import compile_network, read_network
from edgeface.backends.openvino.library import first_line
from edgeface.backends.runtime import TensorSpec
from edgeface.errors import RuntimeFailure
from edgeface.graph.types import Array


class OpenVinoRunner:
    """A loaded .xml file with its .bin file. Threads may share it: they take turns at its one request.

    Args:
        model: an .xml file, beside which the .bin file of the same name lies.
        threads: threads inside one operator.

    Raises:
        InputError: OpenVINO is not installed, or a file is missing or of another format.
        RuntimeFailure: OpenVINO rejects the network.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        self.where = str(model)
        self._begin(read_network(model), threads)

    @classmethod
    def of_network(cls, network: Any, where: str, threads: int = 1) -> OpenVinoRunner:
        """A runner of a network that was read already; `where` is its file."""
        made = cls.__new__(cls)
        made.where = where
        made._begin(network, threads)
        return made

    def _begin(self, network: Any, threads: int) -> None:
        compiled = compile_network(network, self.where, threads)
        self.inputs: tuple[TensorSpec, ...] = tuple(map(_spec, compiled.inputs))
        self.outputs: tuple[TensorSpec, ...] = tuple(map(_spec, compiled.outputs))
        self._request, self._lock = compiled.create_infer_request(), Lock()

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Run once.

        Args:
            feeds: every input by name, in the model's shapes and dtypes.

        Returns:
            Every output by name, copied out of OpenVINO.

        Raises:
            RuntimeFailure: a feed does not match, or OpenVINO fails.
        """
        check_feeds(self.inputs, feeds, self.where)
        given = {at: np.ascontiguousarray(feeds[spec.name]) for at, spec in enumerate(self.inputs)}
        with self._lock:
            try:
                found = self._request.infer(given, share_inputs=True, share_outputs=True)
            except RuntimeError as error:
                raise RuntimeFailure(f"OpenVINO failed: {first_line(error)}", where=self.where) from error
            return {spec.name: found[at].copy() for at, spec in enumerate(self.outputs)}


def _spec(port: Any) -> TensorSpec:
    """Name, shape and dtype of an input or output; open sizes are `DYNAMIC`."""
    shape = tuple(DYNAMIC if size.is_dynamic else size.get_length() for size in port.get_partial_shape())
    names = sorted(port.get_names())
    return TensorSpec(names[0] if names else port.get_node().get_friendly_name(), shape, _dtype(port))


def _dtype(port: Any) -> str:
    kind = port.get_element_type()
    try:
        return str(np.dtype(kind.to_dtype()))
    except RuntimeError:  # one that numpy lacks
        return str(kind.get_type_name())
