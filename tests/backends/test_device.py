from __future__ import annotations

import pytest

from edgeface.backends.device import GPU, HERE, Device

BOARD, EMULATED = Device("ssh", "board"), Device("emulator", "a72")


@pytest.mark.parametrize(
    ("device", "text"),
    [(HERE, "x86"), (GPU, "gpu"), (EMULATED, "a72"), (BOARD, "ssh:board"), (Device("adb"), "adb")],
)
def test_a_device_is_written_as_the_option_takes_it(device, text):
    assert str(device) == text


def test_this_machine_runs_models_in_this_process_and_others_by_an_agent():
    assert [device.has_agent for device in (HERE, GPU, EMULATED, BOARD)] == [False, False, True, True]


def test_only_an_emulated_device_has_latencies_that_mean_nothing():
    assert [device.is_emulated for device in (HERE, GPU, EMULATED, BOARD)] == [False, False, True, False]
