"""Results of a benchmark."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from edgeface.bench.fastest import Fastest
from edgeface.core.processor import class_here
from edgeface.version import __version__

_MEASURED_WITH = ("onnxruntime", "ai-edge-litert", "numpy")


@dataclass(frozen=True)
class Measurement:
    """One artifact at one number of threads and one size of batch.

    Latencies are of a whole batch, in milliseconds over all runs; `ratio` is to the baseline at the
    same threads and batch, with a bootstrap 95 % interval; `peak_share` is 2·macs/latency over the
    measured peak of one core times the threads, None on a GPU and where the MACs are unknown. `memory_bytes` is what
    the process grew by from opening the model to its last run, with the runtime itself; None where that is unknown.
    """

    label: str
    threads: int
    median_ms: float
    p10_ms: float
    p90_ms: float
    ratio: float
    ratio_low: float
    ratio_high: float
    peak_share: float | None
    runs: int
    batch: int = 1
    memory_bytes: int | None = None


@dataclass(frozen=True)
class BenchReport:
    """All measurements of a benchmark, and the machine that they were made on.

    `peak_gops` is the measured peak of one core in 10⁹ operations a second, by arithmetic; empty on a GPU. `notes` are
    the runtimes' notes on how they run the models. `advice` says which targets are predicted to be quicker here.
    `fastest` has the fastest artifact of each number of threads and batch, where several were measured.
    """

    baseline: str
    rounds: int
    peak_gops: dict[str, float]
    measurements: tuple[Measurement, ...]
    machine: dict[str, Any]
    on: str = "x86"
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    fastest: tuple[Fastest, ...] = ()

    def slower_than(self, max_ratio: float) -> tuple[Measurement, ...]:
        """Measurements whose ratio to the baseline is above a limit."""
        return tuple(item for item in self.measurements if item.ratio > max_ratio)

    def as_dict(self) -> dict[str, Any]:
        """The report for JSON."""
        return asdict(self)


def describe_machine() -> dict[str, Any]:
    """The processor, its class (None where that is unknown), its cores, and the versions of the software."""
    found = class_here()
    versions = {"edgeface": __version__, "python": platform.python_version()}
    for name in _MEASURED_WITH:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    named = None if found is None else found.name
    return {"processor": _processor(), "class": named, "cores": os.cpu_count(), "versions": versions}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
