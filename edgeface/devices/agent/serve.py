"""Server for one host over standard input and output: loads a model, runs it, times it, reads its tensors.

Each answer contains the host's nonce and the number of its request, so that the host can distinguish it from other
output of the device. Nothing is written to the device's disk.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from edgeface.devices.agent.machine import describe, pin
from edgeface.devices.agent.models import OnnxModel, TfliteModel, latencies_ms, run_once
from edgeface.devices.agent.ncnn_model import NcnnModel
from edgeface.devices.agent.wire import pack, read_frame

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_REQUEST_BYTES = 1 << 30


class Agent:
    """The loaded model, and the requests that the host may send."""

    def __init__(self) -> None:
        self._model: Any = None

    def answer(self, request: Mapping[str, Any], arrays: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """The answer to a request: describe, load, run, tensors or time."""
        do = request["do"]
        if do == "describe":
            return describe(), {}
        if do == "load":
            return self._load(request, {name: array.tobytes() for name, array in arrays.items()}), {}
        if do == "run":
            self._model.feed(arrays)
            run_once(self._model, marked=bool(request["marked"]))
            return {}, self._model.outputs()
        if do == "tensors":
            return {}, self._model.tensors(request["indices"])
        if do == "time":
            return {"ms": latencies_ms(self._model, request["runs"], request["warm_up"])}, {}
        raise ValueError(f"unknown request {do!r}")

    def _load(self, request: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
        """Load a model, after pinning this process: threads inherit the processors from when they start."""
        self._model = None
        unpinned = pin(request["cpus"]) if request["cpus"] else None
        if request["runtime"] == "ncnn":
            self._model = NcnnModel(files["model"], files.get("weights"), request)
        else:
            kind = OnnxModel if request["runtime"] == "onnxruntime" else TfliteModel
            self._model = kind(files["model"], request)
        return {"version": self._model.version, "unpinned": unpinned}


def main(nonce: str) -> None:
    """Serve until the input ends. What native code prints goes to stderr."""
    given, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    answers.write(("\n" + nonce + "\n").encode())
    answers.flush()
    agent, number = Agent(), 0

    def read(size: int) -> bytes:
        data = given.read(size)
        if len(data) != size:
            raise EOFError
        return data

    while True:
        try:
            request, arrays = read_frame(read, MAX_REQUEST_BYTES)
        except EOFError:
            return
        try:
            head, found = agent.answer(request, arrays)
        except Exception as error:  # the host reports whatever a runtime raises
            head, found = {"error": f"{type(error).__name__}: {str(error)[:2000]}"}, {}
        answers.write(pack({"nonce": nonce, "number": number, **head}, found))
        answers.flush()
        number += 1
