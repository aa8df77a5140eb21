"""Which runtime a board should have, and what an older one costs there.

The recommended versions are those that the emulated devices have: they were tested, and predictions are theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgeface.backends import runtime_named
from edgeface.devices.pins import SITES

LITERT, TFLITE_RUNTIME = "ai-edge-litert", "tflite-runtime"
MIN_PYTHON = {LITERT: (3, 10), "ncnn": (3, 9)}
"""The oldest Python that the pinned version of a package has aarch64 wheels for, where boards have older ones."""


Kind = Literal["float32", "int8", "int8 with LeakyReLU"]
"""Kinds of networks that older runtimes are differently slow for: LeakyReLU has no quick int8 kernel in them."""


@dataclass(frozen=True)
class Counted:
    """How many times as long an older runtime takes for a network, by counts on the emulated Cortex-A72.

    Attributes:
        network: its name, variant and input size.
        kind: of its artifact.
        times: fitted time of the older runtime over that of the recommended one.
    """

    network: str
    kind: Kind
    times: float


@dataclass(frozen=True)
class Older:
    """A package that runs the same models slower."""

    package: str
    version: str
    counted: tuple[Counted, ...]

    def times(self, kind: Kind) -> tuple[float, float] | None:
        """The range of what it costs for networks of a kind; None where none was counted."""
        found = [each.times for each in self.counted if each.kind == kind]
        return (min(found), max(found)) if found else None


@dataclass(frozen=True)
class RecommendedRuntime:
    """The package that a board should run models with, and those that it may have instead."""

    package: str
    version: str
    min_python: tuple[int, int] | None = None
    older: tuple[Older, ...] = ()

    @property
    def install(self) -> str:
        """The command that installs it."""
        return f"pip install '{self.package}=={self.version}'"


_TFLITE_RUNTIME_COUNTED = (
    Counted("retinaface_mnet025 official, 320×240", "float32", 1.07),
    Counted("retinaface_mnet025 1mb, 320×240", "float32", 1.07),
    Counted("mobilefacenet prelu-112x96", "float32", 1.11),
    Counted("retinaface_mnet025 1mb, 320×240", "int8", 1.29),
    Counted("mobilefacenet prelu-112x96", "int8", 1.48),
    Counted("mobilefacenet prelu-112x96, all integers", "int8", 1.72),
    Counted("mobilefacenet relu6-128", "int8", 1.64),
    Counted("retinaface_mnet025 official, 320×240", "int8 with LeakyReLU", 2.21),
    Counted("retinaface_mnet025 official, 320×240, all integers", "int8 with LeakyReLU", 3.78),
)
"""By `edgeface predict` of each in LiteRT 2.3.0 and tflite-runtime 2.14.0, one thread."""


def recommended_runtime(runtime: str) -> RecommendedRuntime | None:
    """The package for boards of a runtime, by the runtime's name here; None where no version is pinned for boards.

    Raises:
        InputError: no runtime has this name.
    """
    distributions = runtime_named(runtime).distributions
    version = None if not distributions else pinned(distributions[0])
    if version is None:
        return None
    package = distributions[0]
    older = (Older(TFLITE_RUNTIME, pinned(TFLITE_RUNTIME, "legacy") or "", _TFLITE_RUNTIME_COUNTED),)
    return RecommendedRuntime(package, version, MIN_PYTHON.get(package), older if package == LITERT else ())


def pinned(package: str, site: str = "current") -> str | None:
    """The pinned version of a package in a set of the emulated devices; None where it has none."""
    return next((wheel.version for wheel in SITES[site] if wheel.name == package), None)
