"""Latency on a real device: pinned to its fastest processors, with its clocks and temperatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.backends.device import Device
from edgeface.backends.runtime import TensorSpec
from edgeface.devices.connect import connect, site_of
from edgeface.devices.runner import DeviceRunner, Loading
from edgeface.devices.state import DeviceState, device_state
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array

THREADS = (1, 2, 4, 6)
RUNS, WARM_UP = 50, 5


@dataclass(frozen=True)
class ThreadLatency:
    """Milliseconds of one inference: median, 10th and 90th percentile; `unpinned` says why pinning failed."""

    threads: int
    cpus: tuple[int, ...]
    median_ms: float
    p10_ms: float
    p90_ms: float
    unpinned: str | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**vars(self), "cpus": list(self.cpus)}


@dataclass(frozen=True)
class DeviceLatency:
    """A thread sweep, with the device's state before and after; an emulated device's latencies are meaningless."""

    device: Device
    path: str
    version: str
    sweep: tuple[ThreadLatency, ...]
    before: DeviceState
    after: DeviceState

    @property
    def warnings(self) -> list[str]:
        """Reasons why the latencies may be unreliable."""
        unpinned = [f"{item.threads} thread(s) could not be pinned: {item.unpinned}" for item in self.sweep]
        found = [line for line, item in zip(unpinned, self.sweep, strict=True) if item.unpinned is not None]
        if self.device.is_emulated:
            found.append("the device is emulated: its latencies are meaningless")
        return list(dict.fromkeys([*self.before.warnings(), *self.after.warnings(), *found]))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "on": str(self.device),
            "device": self.before.summary(),
            "path": self.path,
            "version": self.version,
            "sweep": [item.as_dict() for item in self.sweep],
            "before": self.before.model_dump(),
            "after": self.after.model_dump(),
            "warnings": self.warnings,
        }


def device_latency(
    model: Path, device: Device, loading: Loading, threads: Sequence[int] = THREADS, runs: int | None = None
) -> DeviceLatency:
    """The latency of a model on a device, with each number of threads that it has processors for.

    Args:
        model: an .onnx, .tflite or .param file.
        device: a device that `connect` takes.
        loading: runtime and kernels; its threads and cpus are replaced.
        threads: numbers of threads; those above the number of processors are left out.
        runs: timed runs of each, by default 50, after 5 warm-up runs.

    Raises:
        InputError: no such device, or the model is not usable.
        RuntimeFailure: the device cannot be reached, or fails.
    """
    with connect(device, site_of(loading)) as link:
        before = device_state(link)
        usable = [count for count in threads if count <= len(before.cpus)]
        if not usable:
            raise RuntimeFailure("the device does not report its processors", where=str(device))
        sweep = []
        for count in usable:
            runner = DeviceRunner(link, model, replace(loading, threads=count, cpus=before.pinned(count)))
            runner.run(noise_feeds(runner.inputs))
            sweep.append(_timed(runner, RUNS if runs is None else runs))
        return DeviceLatency(device, loading.path, runner.version, tuple(sweep), before, device_state(link))


def _timed(runner: DeviceRunner, runs: int) -> ThreadLatency:
    median, low, high = (float(ms) for ms in np.percentile(runner.latencies_ms(runs, WARM_UP), [50, 10, 90]))
    return ThreadLatency(runner.loading.threads, runner.loading.cpus, median, low, high, runner.unpinned)


def noise_feeds(inputs: Sequence[TensorSpec]) -> Mapping[str, Array]:
    """Seeded noise for every input; latency depends on values only through denormal numbers, which it does not contain.

    Raises:
        InputError: an input has no fixed size.
    """
    random = np.random.default_rng(0)
    if any(side < 0 for spec in inputs for side in spec.shape):
        raise InputError("the model's input has no fixed size", fix="export it for one input size")
    return {spec.name: (random.normal(size=spec.shape) * 16).astype(spec.dtype) for spec in inputs}
