"""Worker process that times one model: `python -m edgeface.bench.worker`.

One JSON document a line on stdin, one answer a line on stdout:
`{"load": {"model": PATH, "threads": N, "batch": N, "on": DEVICE}}` or `{"load": {"peaks": ["fp32", "int8"]}}` →
`{"loaded": true}`, on a GPU with `"notes"` on how it runs; `batch` is 1 and `on` x86 where they are left out;
`{"run": K}`, of a peak `{"run": K, "of": "int8"}` → `{"ms": [K latencies in milliseconds], "memory_bytes": …}`, what
the process grew by from opening the model, on Linux. An error is `{"error": {…}}`. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeAlias

import numpy as np

from edgeface.backends.device import HERE, Device
from edgeface.backends.open import Runner, TensorSpec, open_runner
from edgeface.backends.runtime import Noted
from edgeface.errors import EdgefaceError, InputError
from edgeface.graph.types import Array

_SEED = 0


def random_feed(spec: TensorSpec, rng: np.random.Generator, batch: int = 1) -> Array:
    """A seeded array for an input: normal for floats, the whole range for integers.

    A dynamic first axis becomes the batch.

    Raises:
        InputError: another axis is dynamic, so the work of one inference varies; or the batch size is fixed.
    """
    shape = (batch, *spec.shape[1:]) if spec.shape and spec.shape[0] < 0 else spec.shape
    if batch > 1 and shape[:1] != (batch,):
        raise InputError(
            f"input {spec.name!r} takes {list(spec.shape)}, not a batch of {batch}",
            where=spec.name,
            fix="measure it with --batch 1, or export it with a dynamic batch (targets tensorrt-*)",
        )
    if any(size < 0 for size in shape):
        raise InputError(
            f"input {spec.name!r} has no fixed size: {list(spec.shape)}",
            where=spec.name,
            fix="export the model for one input size",
        )
    if spec.dtype == "bool":
        return rng.integers(0, 2, size=shape).astype(bool)
    if np.dtype(spec.dtype).kind == "f":
        return rng.normal(size=shape).astype(spec.dtype)
    limits = np.iinfo(spec.dtype)
    return rng.integers(limits.min, limits.max, size=shape, dtype=spec.dtype, endpoint=True)


Latencies: TypeAlias = Callable[[int], list[float]]
"""The latencies of a number of runs, in milliseconds."""


def load(request: dict[str, Any]) -> tuple[dict[str | None, Latencies], list[str]]:
    """The timing function of the model that a request names, or of each peak by its name, and notes on how it runs.

    Raises:
        EdgefaceError: the model cannot be loaded, or fails to run.
    """
    if "peaks" in request:
        from edgeface.backends.onnx.runner import OrtRunner
        from edgeface.bench.peak import peak_model

        peaks = {kind: OrtRunner(peak_model(kind), threads=1) for kind in request["peaks"]}
        return {kind: _latencies(runner, _feeds(runner, 1)) for kind, runner in peaks.items()}, []
    runner = open_runner(Path(request["model"]), int(request["threads"]), _device(request.get("on", str(HERE))))
    feeds = _feeds(runner, int(request.get("batch", 1)))
    return {None: _latencies(runner, feeds)}, _notes(runner, feeds)


def _feeds(runner: Runner, batch: int) -> dict[str, Array]:
    rng = np.random.default_rng(_SEED)
    return {spec.name: random_feed(spec, rng, batch) for spec in runner.inputs}


def _latencies(runner: Runner, feeds: dict[str, Array]) -> Latencies:
    def latencies_ms(iterations: int) -> list[float]:
        times = []
        for _ in range(iterations):
            start = time.perf_counter_ns()
            runner.run(feeds)
            times.append((time.perf_counter_ns() - start) / 1e6)
        return times

    return latencies_ms


def _device(text: str) -> Device:
    """The device of that name; profiles of others are read only for others."""
    if text == str(HERE):
        return HERE
    from edgeface.devices.parse import parse_device

    return parse_device(text)


def _notes(runner: Runner, feeds: dict[str, Array]) -> list[str]:
    """A runner's notes on how it runs; some are known only after a first run."""
    if not isinstance(runner, Noted):
        return []
    runner.run(feeds)
    return list(runner.notes())


def anonymous_bytes() -> int | None:
    """The memory of this process that is not a mapped file's: code of libraries does not count; None off Linux."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    found = (line.split() for line in lines if line.startswith("RssAnon:"))
    return next((int(words[1]) * 1024 for words in found), None)


def _growth(before: int | None) -> dict[str, int]:
    now = anonymous_bytes()
    return {} if before is None or now is None else {"memory_bytes": max(0, now - before)}


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until they end."""
    timed: dict[str | None, Latencies] = {}
    before: int | None = None
    for line in requests:
        request = json.loads(line)
        answer: dict[str, Any]
        try:
            if "load" in request:
                before = anonymous_bytes()
                timed, notes = load(request["load"])
                answer = {"loaded": True, "notes": notes} if notes else {"loaded": True}
            elif request.get("of") not in timed:
                raise InputError("nothing is loaded yet", fix="send a load request first")
            else:
                answer = {"ms": timed[request.get("of")](int(request["run"]))} | _growth(before)
        except EdgefaceError as error:
            answer = {"error": error.as_dict()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Serve stdin; native code that prints to stdout ends up on stderr."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
