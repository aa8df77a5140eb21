from __future__ import annotations

from edgeface.backends.device import Device
from edgeface.cli.device_text import format_latency, format_parity
from edgeface.core.style import plain
from edgeface.devices.compare import Distance
from edgeface.devices.latency import DeviceLatency, ThreadLatency
from edgeface.devices.parity import DeviceParity, PathParity
from edgeface.devices.runner import Loading
from edgeface.devices.state import Cpu, DeviceState
from edgeface.devices.trace import Origin


def test_a_failing_path_names_its_first_tensor(monkeypatch):
    origin = Origin(7, "CONV_2D", "features", "int8", False, Distance(100, 3, 2.0))
    paths = (
        PathParity(Loading(), ("2.3.0", "2.2.0"), "integer", {"boxes": Distance(40)}),
        PathParity(
            Loading("litert", "reference"), ("2.3.0",) * 2, "integer", {"boxes": Distance(40, 8, 1)}, 5, (origin,)
        ),
    )
    parity = DeviceParity("out/det", Device("ssh", "board"), 20, paths, {"tflite-runtime reference": "not there"})
    monkeypatch.setenv("COLUMNS", "200")
    lines = plain(format_parity(parity)).splitlines()
    assert not parity.passed
    assert lines[0] == "out/det on ssh:board, 20 images"
    assert [line.split()[-1] for line in lines if line.startswith("litert ") and "/" in line] == ["ok", "FAILS"]
    assert " ".join(lines[-3:-1]).endswith("image 5: features of operator 7, CONV_2D: 3 of 100 values, by up to 2")
    assert lines[-1] == "not compared: tflite-runtime reference: not there"


def test_latencies_are_shown_with_warnings():
    cpu = Cpu(index=4, part=0xD08, max_khz=1_800_000, now_khz=1_800_000, governor="ondemand")
    state = DeviceState(
        architecture="aarch64", kernel="6.1", python="3.11.2", model="Board", allowed=[4], cpus=[cpu], zones=[]
    )
    sweep = (ThreadLatency(1, (4,), 20.0, 19.0, 22.0, None), ThreadLatency(2, (4, 5), 12.0, 11.0, 13.0, "no such CPU"))
    text = format_latency(DeviceLatency(Device("ssh", "board"), "litert xnnpack", "2.3.0", sweep, state, state))
    assert text.startswith("Board: 1×Cortex-A72, Linux 6.1, Python 3.11.2; litert xnnpack 2.3.0")
    assert "19.00–22.00" in text
    assert "warning: the governor is ondemand" in text
    assert text.count("warning: no temperature") == 1
    assert "2 thread(s) could not be pinned: no such CPU" in text
