"""Comparison of an artifact on a device with this machine, and latency where the device is real."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.device import Device
from edgeface.core.artifact import Artifact
from edgeface.core.progress import note
from edgeface.devices.latency import DeviceLatency, device_latency
from edgeface.devices.parity import DeviceParity, device_parity
from edgeface.images.folder import list_images
from edgeface.inference.detector import Detector
from edgeface.tasks.task import Image
from edgeface.validate.inputs import synthetic_for, task_images

SYNTHETIC_IMAGES = 4


@dataclass(frozen=True)
class DeviceReport:
    """Parity on a device, and latency where the device is real."""

    parity: DeviceParity
    latency: DeviceLatency | None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return self.parity.as_dict() | {"latency": None if self.latency is None else self.latency.as_dict()}


def check_device(
    artifact: Artifact, device: Device, images: Path | None = None, detector: Path | None = None
) -> DeviceReport:
    """Parity and latency of an artifact on a device.

    Args:
        artifact: a TFLite or ONNX artifact.
        device: an emulated one, or a board by ssh or adb.
        images: folder of images; synthetic images otherwise.
        detector: an artifact that finds the faces in a recognizer's images.

    Raises:
        InputError: no such device, or the images are not usable.
        RuntimeFailure: the device is not set up, cannot be reached or fails.
    """
    if images is None:
        note("no images given: comparing on synthetic images")
        shown: Iterable[Image] = synthetic_for(artifact.contract, SYNTHETIC_IMAGES, f"comparing on {device}")
    else:
        finder = None if detector is None else Detector(Artifact.open(detector))
        shown = task_images(list_images(images), f"comparing on {device}", artifact.contract, finder)
    parity = device_parity(artifact, device, shown)
    if device.is_emulated:
        return DeviceReport(parity, None)
    return DeviceReport(parity, device_latency(artifact.model_path, device, parity.paths[0].loading))
