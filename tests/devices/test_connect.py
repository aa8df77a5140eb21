from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from edgeface.backends.device import GPU, HERE, Device
from edgeface.devices.connect import connect
from edgeface.errors import InputError, RuntimeFailure


@pytest.mark.parametrize("device", [HERE, GPU])
def test_this_machine_s_processor_and_gpu_have_no_agent(device):
    with pytest.raises(InputError, match=f"no agent on {device}"):
        connect(device)


@pytest.mark.parametrize("host", ["", "-oProxyCommand=id", "a b", "a;id", "a$(id)", "a\nb", "x" * 300])
def test_a_host_that_ssh_could_misread_is_refused(host):
    with pytest.raises(InputError, match="not a host's name"):
        connect(Device("ssh", host))


@pytest.mark.parametrize("serial", ["-a", "a b", "a;id"])
def test_a_serial_that_adb_could_misread_is_refused(serial):
    with pytest.raises(InputError, match="not a device's serial"):
        connect(Device("adb", serial))


@pytest.mark.parametrize(("device", "package"), [(Device("ssh", "board"), "openssh-client"), (Device("adb"), "adb")])
def test_a_missing_client_is_named_with_its_package(device, package, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeFailure) as caught:
        connect(device)
    assert package in (caught.value.fix or "")


def test_adb_without_a_board_reports_adb_s_message(monkeypatch):
    if shutil.which("adb") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs adb")
        pytest.skip("there is no adb")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "5987")
    try:
        with pytest.raises(RuntimeFailure, match=r"no devices|not found") as caught:
            connect(Device("adb", "nothing"))
        assert "adb devices" in (caught.value.fix or "")
    finally:
        subprocess.run(["adb", "kill-server"], check=False, capture_output=True)
