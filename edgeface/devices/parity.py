"""Parity of an artifact on a device with this machine: bit-exact integers, floats within a tolerance."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from edgeface.backends.device import Device
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.core.artifact import Artifact
from edgeface.devices.compare import Distance, distance
from edgeface.devices.connect import LOOPBACK, open_device
from edgeface.devices.runner import DeviceRunner, Loading, RuntimeMissing, loadings_of
from edgeface.devices.trace import Arithmetic, Origin, arithmetic_of, made_tensors, origins
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array
from edgeface.tasks import task_of
from edgeface.tasks.task import Image

FLOAT_TOLERANCE = 1e-4
"""Largest allowed difference of a float between two processors' kernels, which sum in different orders."""

BFLOAT16_TOLERANCE = 0.15
"""The same for values stored in bfloat16, as a share of the largest: each layer rounds to 8 bits, in its own way."""


@dataclass(frozen=True)
class PathParity:
    """Parity of one runtime with one kind of kernels, here and on the device.

    `versions` are the runtime's here and on the device; `outputs` are over all images. `origins` are the operators that
    introduce differences, on the image of number `traced`, where outputs differ.
    """

    loading: Loading
    versions: tuple[str, str]
    arithmetic: Arithmetic
    outputs: dict[str, Distance]
    traced: int | None = None
    origins: tuple[Origin, ...] = ()
    tolerance: float = FLOAT_TOLERANCE

    @property
    def name(self) -> str:
        """Runtime and kernels."""
        return self.loading.path

    @property
    def total(self) -> Distance:
        """The distance over all outputs."""
        return sum(self.outputs.values(), Distance())

    @property
    def requirement(self) -> str:
        """The requirement in words."""
        floats = f"≤ {self.tolerance:.2g}"
        return {
            "integer": "equal bit by bit",
            "float": floats,
            "mixed": f"on equal inputs, integer operators equal bit by bit, float ones {floats}",
        }[self.arithmetic]

    @property
    def passed(self) -> bool:
        """Whether the requirement is met."""
        if self.arithmetic == "integer" or self.total.identical:
            return self.total.identical
        if self.arithmetic == "float" or not self.origins:
            return self.total.max_abs <= self.tolerance
        return all(origin.is_float and origin.found.max_abs <= self.tolerance for origin in self.origins)

    @property
    def first(self) -> Origin | None:
        """The first differing tensor and its operator; of floats, the first beyond the tolerance if there is one."""
        if self.arithmetic == "float":
            far = [origin for origin in self.origins if origin.found.max_abs > self.tolerance]
            return next(iter([*far, *self.origins]), None)
        return next(iter(self.origins), None)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "path": self.name,
            "here": self.versions[0],
            "there": self.versions[1],
            "arithmetic": self.arithmetic,
            "requirement": self.requirement,
            "passed": self.passed,
            "outputs": {name: found.as_dict() for name, found in self.outputs.items()},
            "traced_image": self.traced,
            "first": None if self.first is None else self.first.as_dict(),
            "origins": len(self.origins),
        }


@dataclass(frozen=True)
class DeviceParity:
    """Results of comparing an artifact on a device; `absent` lists the paths that the device has no runtime for."""

    artifact: str
    device: Device
    images: int
    paths: tuple[PathParity, ...]
    absent: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every path meets its requirement."""
        return all(path.passed for path in self.paths)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        own = {"artifact": self.artifact, "on": str(self.device), "passed": self.passed, "images": self.images}
        return own | {"paths": [path.as_dict() for path in self.paths], "absent": self.absent}


class _Pair:
    """A model open here and on the device, and the results of comparing it."""

    def __init__(self, artifact: Artifact, device: Device, loading: Loading, stack: ExitStack) -> None:
        self._artifact, self._device, self._loading = artifact, device, loading
        self._runners = self._open(loading, stack)
        self._outputs: dict[str, Distance] = {}
        self._largest = 0.0
        self._worst: tuple[int, int, Image] | None = None

    def compare(self, number: int, image: Image) -> None:
        """Run one image in both."""
        ours, theirs = self._run(self._runners, image)
        found = {name: distance(array, theirs[name]) for name, array in ours.items()}
        self._largest = max(self._largest, *(float(np.abs(array).max()) for array in ours.values()))
        self._outputs = {name: self._outputs.get(name, Distance()) + gap for name, gap in found.items()}
        differing = sum(gap.differing for gap in found.values())
        if differing and (self._worst is None or differing > self._worst[0]):
            self._worst = (differing, number, image)

    def result(self) -> PathParity:
        """The result; where outputs differ, the image with the most differences is traced."""
        here, there = self._runners
        model = self._artifact.model_path
        if not self._loading.shows_values:
            quantized = self._artifact.manifest.quantization is not None
            kind: Arithmetic = "mixed" if quantized else "float"
            tolerance = BFLOAT16_TOLERANCE * self._largest if self._loading.bfloat16 else FLOAT_TOLERANCE
            return PathParity(self._loading, (here.version, there.version), kind, self._outputs, tolerance=tolerance)
        graph = LiteRtRunner(model, kernels="reference")
        kind = arithmetic_of(graph.operators(), graph.tensors())
        plain = PathParity(self._loading, (here.version, there.version), kind, self._outputs)
        if self._worst is None:
            return plain
        _, number, image = self._worst
        wanted = made_tensors(graph)
        with ExitStack() as stack:
            keeping = self._open(replace(self._loading, keep_all=True), stack)
            self._run(keeping, image)
            ours, theirs = (runner.tensors(wanted) for runner in keeping)
        return replace(plain, traced=number, origins=tuple(origins(graph, ours, theirs)))

    def _open(self, loading: Loading, stack: ExitStack) -> tuple[DeviceRunner, DeviceRunner]:
        model = self._artifact.model_path
        here, there = (stack.enter_context(open_device(model, device, loading)) for device in (LOOPBACK, self._device))
        return here, there

    def _run(
        self, runners: tuple[DeviceRunner, DeviceRunner], image: Image
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        contract, layout = self._artifact.contract, self._artifact.manifest.layout
        feeds = {contract.input.name: task_of(contract).prepare(image, contract).tensor}
        ours, theirs = (FloatRunner(runner, layout).run(feeds) for runner in runners)
        return ours, theirs


def device_parity(
    artifact: Artifact, device: Device, images: Iterable[Image], loadings: Iterable[Loading] | None = None
) -> DeviceParity:
    """The parity of an artifact here and on a device, in every runtime whose results should agree.

    Args:
        artifact: a TFLite, ONNX or ncnn artifact.
        device: a device that `connect` takes.
        images: uint8 [H,W,3] in BGR, as the task's `prepare` takes them.
        loadings: runtimes and kernels; by default those of `loadings_of`.

    Raises:
        InputError: no such device, or no images.
        RuntimeFailure: the device cannot be reached, or has none of the runtimes.
    """
    wanted = loadings_of(artifact.model_path) if loadings is None else tuple(loadings)
    absent: dict[str, str] = {}
    count = 0
    with ExitStack() as stack:
        pairs = []
        for loading in wanted:
            try:
                pairs.append(_Pair(artifact, device, loading, stack))
            except RuntimeMissing as error:
                absent[loading.path] = error.what
        if not pairs:
            raise RuntimeFailure(
                "the device has no runtime for this artifact: " + "; ".join(sorted(set(absent.values()))),
                where=f"{artifact.folder} on {device}",
                fix="install ai-edge-litert, tflite-runtime, onnxruntime or ncnn for the device's python3",
            )
        for count, image in enumerate(images, start=1):
            for pair in pairs:
                pair.compare(count - 1, image)
        if not count:
            raise InputError("no images to compare on", where=str(artifact.folder))
        found = tuple(pair.result() for pair in pairs)
    return DeviceParity(str(artifact.folder), device, count, found, absent)
