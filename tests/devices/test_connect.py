from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from edgeface.devices.connect import connect, is_device, is_emulated
from edgeface.errors import InputError, RuntimeFailure


@pytest.mark.parametrize("name", ["a72", "a53", "rk3399", "ssh:board", "ssh:me@10.0.0.2", "adb", "adb:0123"])
def test_devices_are_known_by_their_names(name):
    assert is_device(name)


@pytest.mark.parametrize("name", ["x86", "gpu", "a7", "adbx", "ssh"])
def test_other_places_are_no_devices(name):
    assert not is_device(name)
    with pytest.raises(InputError, match="unknown device"):
        connect(name)


def test_only_cores_are_emulated():
    assert is_emulated("a53")
    assert not is_emulated("ssh:a53")


@pytest.mark.parametrize("host", ["", "-oProxyCommand=id", "a b", "a;id", "a$(id)", "a\nb", "x" * 300])
def test_a_host_that_ssh_could_take_for_something_else_is_refused(host):
    with pytest.raises(InputError, match="not a host's name"):
        connect(f"ssh:{host}")


@pytest.mark.parametrize("serial", ["-a", "a b", "a;id"])
def test_a_serial_that_adb_could_take_for_something_else_is_refused(serial):
    with pytest.raises(InputError, match="not a device's serial"):
        connect(f"adb:{serial}")


@pytest.mark.parametrize(("place", "package"), [("ssh:board", "openssh-client"), ("adb", "adb")])
def test_a_missing_client_is_named_with_its_package(place, package, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeFailure) as caught:
        connect(place)
    assert package in (caught.value.fix or "")


def test_adb_without_a_board_says_so_in_its_own_words(monkeypatch):
    if shutil.which("adb") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs adb")
        pytest.skip("there is no adb")
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "5987")
    try:
        with pytest.raises(RuntimeFailure, match=r"no devices|not found") as caught:
            connect("adb:nothing")
        assert "adb devices" in (caught.value.fix or "")
    finally:
        subprocess.run(["adb", "kill-server"], check=False, capture_output=True)
