"""A report of a board, as `edgeface parity --on ssh:NAME` gives it."""

from __future__ import annotations

from edgeface.backends.device import Device
from edgeface.devices.check import DeviceReport
from edgeface.devices.compare import Distance
from edgeface.devices.latency import DeviceLatency, ThreadLatency
from edgeface.devices.parity import DeviceParity, PathParity
from edgeface.devices.runner import Loading
from edgeface.devices.state import Cpu, DeviceState, Zone


def measured_board(name: str = "pi4", governor: str = "performance", median_ms: float = 26.04) -> DeviceReport:
    """A board with two cores and one zone, timed with one and two threads."""
    device = Device("ssh", name)
    before, after = (_state(governor, celsius) for celsius in (48.0, 61.5))
    sweep = (
        ThreadLatency(1, (0,), 1.7 * median_ms, 1.6 * median_ms, 1.9 * median_ms, None),
        ThreadLatency(2, (0, 1), median_ms, 0.9 * median_ms, 1.1 * median_ms, None),
    )
    path = PathParity(Loading(), ("2.3.0", "2.2.0"), "integer", {"boxes": Distance(40)})
    parity = DeviceParity("out/det", device, 20, (path,), {"tflite-runtime": "not there"})
    return DeviceReport(parity, DeviceLatency(device, "litert xnnpack", "2.2.0", sweep, before, after))


def _state(governor: str, celsius: float) -> DeviceState:
    cpus = [Cpu(index=n, part=0xD08, max_khz=1_800_000, now_khz=1_800_000, governor=governor) for n in (0, 1)]
    return DeviceState(
        architecture="aarch64",
        kernel="6.1",
        python="3.11.2",
        model="Raspberry Pi 4 Model B",
        allowed=[0, 1],
        cpus=cpus,
        zones=[Zone(name="cpu-thermal", celsius=celsius)],
    )
