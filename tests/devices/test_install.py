from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgeface.devices import install as install_module
from edgeface.devices.download import unpack_wheels
from edgeface.devices.install import RECORD, cache_folder, install, installed, status
from edgeface.devices.pins import SITES, Wheel, pins_digest
from edgeface.devices.table import emulated
from edgeface.errors import RuntimeFailure


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path))
    return tmp_path / "arm"


@pytest.fixture
def false_installation(cache) -> Path:
    """A folder that looks set up: one file, recorded with its size."""
    folder = cache / pins_digest()
    folder.mkdir(parents=True)
    (folder / "file").write_bytes(b"1234")
    (folder / RECORD).write_text(json.dumps({"versions": {"qemu-user": "7.2"}, "files": {"file": 4}}))
    return folder


def test_the_cache_is_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine" / "arm"
    monkeypatch.delenv("EDGEFACE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "edgeface" / "arm"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "edgeface" / "arm"


def test_an_installation_is_recorded_and_complete(emulator):
    found = status()
    assert found.state == "ready"
    assert found.folder == emulator.folder
    for site, wheels in SITES.items():
        for wheel in wheels:
            assert found.versions[f"{wheel.name}:{site}"] == wheel.version
    assert found.versions["python3.11-minimal:arm64"].startswith("3.11")
    assert {emulator.root(name) for name in emulated()} <= set((emulator.folder / "roots").iterdir())
    assert [path.name for path in (emulator.folder / "host/usr/bin").iterdir()] == ["qemu-aarch64"]
    assert not list(emulator.folder.parent.glob(".building*"))


def test_an_empty_cache_says_how_to_fill_it(cache):
    assert status().state == "missing"
    with pytest.raises(RuntimeFailure) as caught:
        installed()
    assert "edgeface doctor --install arm" in (caught.value.fix or "")


@pytest.mark.parametrize("damage", ["removed", "cut", "record", "record shape"])
def test_damage_is_detected(false_installation, damage):
    assert status().state == "ready"
    if damage == "removed":
        (false_installation / "file").unlink()
    elif damage == "cut":
        (false_installation / "file").write_bytes(b"123")
    else:
        (false_installation / RECORD).write_text("{" if damage == "record" else '{"files": [], "versions": 3}')
    assert status().state == "damaged"
    with pytest.raises(RuntimeFailure, match="damaged"):
        installed()


def test_a_host_without_debian_s_tools_is_refused(cache, monkeypatch):
    monkeypatch.setenv("PATH", str(cache))
    with pytest.raises(RuntimeFailure, match="apt-get and dpkg"):
        install()
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "file"))
    with pytest.raises(RuntimeFailure, match="cannot write to the cache"):
        install()


def test_a_full_disk_is_noticed_before_anything_is_fetched(cache, monkeypatch):
    monkeypatch.setattr(install_module, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(RuntimeFailure, match="MiB are free"):
        install()


def test_an_interrupted_installation_does_not_look_installed(cache, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(install_module, "unpack_packages", interrupted)
    monkeypatch.setattr(install_module, "unpack_wheels", lambda _, site, __: site.mkdir(parents=True))
    with pytest.raises(KeyboardInterrupt):
        install()
    assert status().state == "missing"


def test_two_processes_at_once_install_once(cache, monkeypatch):
    built = []

    def build(folder, _):
        built.append(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORD).write_text(json.dumps({"versions": {}, "files": {}}))

    monkeypatch.setattr(install_module, "_build", build)
    with ThreadPoolExecutor(2) as pool:  # the lock is of the open file, so it works between threads too
        found = [task.result() for task in [pool.submit(install) for _ in range(2)]]
    assert [item.state for item in found] == ["ready", "ready"]
    assert len(built) == 1


def test_another_pin_has_another_folder(monkeypatch):
    before = pins_digest()
    monkeypatch.setitem(SITES, "current", SITES["current"][1:])
    assert pins_digest() != before


def test_a_wheel_that_is_not_the_pinned_one_is_refused(tmp_path):
    small = next(wheel for wheel in SITES["legacy"] if wheel.name == "tflite-runtime")
    wrong = Wheel(small.name, small.version, "0" * 64, small.size_bytes)
    with pytest.raises(RuntimeFailure, match="pip"):
        unpack_wheels(tmp_path / "wheels", tmp_path / "site", [wrong])
    assert not (tmp_path / "site").exists()


def test_status_is_quick_to_import():
    source = "import sys; from edgeface.devices import install; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
