from __future__ import annotations

import pytest

from edgeface.backends.device import GPU, HERE, Device
from edgeface.devices.parse import parse_device
from edgeface.devices.table import emulated
from edgeface.errors import InputError


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("x86", HERE),
        ("gpu", GPU),
        *((name, Device("emulator", name)) for name in emulated()),
        ("ssh:user@host", Device("ssh", "user@host")),
        ("adb", Device("adb")),
        ("adb:1:2", Device("adb", "1:2")),
    ],
)
def test_a_device_is_written_as_it_is_read(text, device):
    assert parse_device(text) == device
    assert str(device) == text


@pytest.mark.parametrize("text", ["", "cuda", "GPU ", ":", "a7", "adbx", "a78", "loopback"])
def test_an_unknown_device_lists_those_that_are_known(text):
    with pytest.raises(InputError, match="there is no device") as caught:
        parse_device(text)
    assert "x86 (this machine's processor), gpu (" in str(caught.value.fix)
    assert "rpi5 (an emulated Raspberry Pi 5), ssh:HOST" in str(caught.value.fix)


@pytest.mark.parametrize("text", ["gpu:", "gpu:1", "a72:1", "ssh", "ssh:", "adb:"])
def test_an_unexpected_or_missing_name_is_refused(text):
    with pytest.raises(InputError, match="does not name a device"):
        parse_device(text)


def test_a_profile_that_is_not_usable_is_found_before_anything_runs(monkeypatch, tmp_path):
    (tmp_path / "mine.toml").write_text("title = 3\n")
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))
    assert parse_device("x86") == HERE
    with pytest.raises(InputError, match="'title'"):
        parse_device("ssh:board")
