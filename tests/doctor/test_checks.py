from __future__ import annotations

import pytest

from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu
from edgeface.doctor.checks import boards, emulation, extras, gpu, processor, runtimes, storage, usage_reports

NO_DRIVER = Driver(None, (), "no NVIDIA driver is installed")


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of this kind whose processor lists these fields."""

    def make(kind, **fields):
        listed = tmp_path / "cpuinfo"
        listed.write_text("".join(f"{name.replace('_', ' ')}\t: {value}\n" for name, value in fields.items()))
        monkeypatch.setattr(processor, "CPUINFO", listed)
        monkeypatch.setattr("platform.machine", lambda: kind)
        return {check.name: check for check in processor.look()}

    return make


@pytest.mark.parametrize(
    ("flags", "state"),
    [("avx2 avx512_vnni", "ok"), ("avx2 avx_vnni", "ok"), ("avx2 avx512bw", "missing"), ("sse4_2", "missing")],
)
def test_int8_on_x86_is_judged_by_vnni(machine, flags, state):
    checks = machine("x86_64", model_name="A core", flags=flags)
    assert checks["processor"].found == "A core (x86_64)"
    assert checks["VNNI"].state == state
    assert checks["AVX2"].state == ("ok" if "avx2" in flags.split() else "missing")
    assert ("saturate" in checks["VNNI"].found) is (state == "missing")


def test_int8_on_arm_is_judged_by_the_dot_product(machine):
    old = machine("aarch64", CPU_part="0xd08", Features="fp asimd aes crc32")
    assert [old[name].state for name in ("dot product", "float16 arithmetic")] == ["missing", "missing"]
    new = machine("aarch64", CPU_part="0xd0b", Features="fp asimd asimdhp asimddp")
    assert [new[name].state for name in ("dot product", "float16 arithmetic")] == ["ok", "ok"]
    assert (old["int8 matrices"].state, new["int8 matrices"].state) == ("missing", "missing")
    assert machine("aarch64", CPU_part="0xd4f", Features="asimddp i8mm")["int8 matrices"].state == "ok"


def test_float16_on_x86_is_judged_by_its_conversion(machine):
    assert machine("x86_64", model_name="A core", flags="avx2 f16c")["float16"].state == "ok"
    assert machine("x86_64", model_name="A core", flags="sse4_2")["float16"].state == "missing"


def test_a_system_that_lists_no_instructions_is_a_problem(machine, monkeypatch, tmp_path):
    assert machine("x86_64", model_name="A core")["instructions"].state == "problem"
    monkeypatch.setattr(processor, "CPUINFO", tmp_path / "absent")
    assert processor.look()[1].state == "problem"


def test_a_missing_driver_is_reported_with_its_consequence(monkeypatch):
    monkeypatch.setattr(gpu, "look_for_gpus", lambda: NO_DRIVER)
    driver = gpu.look()[0]
    assert (driver.state, driver.required) == ("missing", False)
    assert "processor only" in driver.found


def test_a_gpu_is_described_by_name_capability_and_memory(monkeypatch):
    card = Gpu("A card", "86", 24 << 30)
    monkeypatch.setattr(gpu, "look_for_gpus", lambda: Driver((13, 0), (card,)))
    checks = {check.name: check.found for check in gpu.look()}
    assert checks["NVIDIA driver"] == "serves CUDA 13.0"
    assert checks["GPU 0"] == "A card, compute capability 8.6, 24 GiB"


def test_a_cuda_runtime_newer_than_the_driver_is_not_counted(monkeypatch):
    monkeypatch.setattr(gpu, "look_for_gpus", lambda: Driver((9, 0), (), "shows no GPU"))
    checks = {check.name: check for check in gpu.look()}
    assert checks["GPU"].state == "missing"
    assert (checks["CUDA runtime"].state, checks["CUDA runtime"].fix) == ("missing", "pip install 'cuda-bindings<10'")


def test_the_environment_of_old_boards_is_found_by_its_metadata(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert runtimes.look()[-1].fix == "make .venv-tflite/.installed"
    (tmp_path / ".venv-tflite/lib/python3.11/site-packages/tflite_runtime-2.14.0.dist-info").mkdir(parents=True)
    assert runtimes.look()[-1].found == "2.14.0 in .venv-tflite"


def test_missing_emulated_devices_name_the_installation_command(monkeypatch, tmp_path):
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path))
    [check] = emulation.look()
    assert (check.state, check.fix) == ("missing", "edgeface doctor --install arm")


def test_an_arm_machine_needs_no_emulator(monkeypatch):
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    assert emulation.look()[0].state == "ok"


def test_emulated_devices_and_boards_are_those_of_the_table():
    [check] = emulation.look()
    assert "--on a53, a55, a72, a76, rk3399, rk3588, rpi4, rpi5" in check.found
    assert boards.look()[-1].found.startswith("edgeface bundle --device rk3399 (Rockchip RK3399), rk3588 ")


@pytest.mark.parametrize("checks", [emulation, boards])
def test_a_profile_that_is_not_usable_is_named(checks, monkeypatch, tmp_path):
    (tmp_path / "mine.toml").write_text('title = "Mine"\nspeed = 3\n')
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))
    check = checks.look()[-1]
    assert (check.state, check.fix) == ("problem", None)
    assert str(tmp_path / "mine.toml") in check.found
    assert "'speed'" in check.found


def test_folders_are_tested_by_writing(tmp_path):
    assert storage.writable("a", tmp_path / "not" / "yet").state == "ok"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    blocked = storage.writable("a", tmp_path / "file" / "below", required=True)
    assert (blocked.state, blocked.required) == ("problem", True)


def test_a_folder_that_cannot_be_written_is_a_problem(monkeypatch, tmp_path):
    def full(dir):  # noqa: A002
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    check = storage.writable("a", tmp_path)
    assert (check.state, check.fix) == ("problem", f"chmod u+rwx {tmp_path}")
    assert "No space left" in check.found


def test_the_cache_folder_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("EDGEFACE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert storage.cache_folder() == tmp_path
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert storage.cache_folder().name == ".cache"
    monkeypatch.setenv("EDGEFACE_CACHE", str(tmp_path / "own"))
    assert storage.cache_folder() == tmp_path / "own"


def test_a_nearly_full_disk_is_a_problem(monkeypatch, tmp_path):
    assert "GB free" in storage.writable("a", tmp_path).found
    monkeypatch.setattr(storage, "LITTLE_BYTES", 1 << 62)
    check = storage.writable("a", tmp_path, required=True)
    assert (check.state, check.required) == ("problem", False)
    assert "only" in check.found


def test_clients_for_boards_are_searched_on_the_path(monkeypatch, tmp_path):
    program = tmp_path / "adb"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    ssh, adb, _ = boards.look()
    assert (ssh.state, ssh.fix) == ("missing", "apt-get install openssh-client")
    assert (adb.state, adb.found) == ("ok", f"{program}; --on adb")


def test_extras_that_are_not_installed_name_the_extra_that_installs_them(monkeypatch):
    monkeypatch.setattr("edgeface.doctor.packages.installed", lambda name: None)
    fixes = {check.name: check.fix for check in extras.look()}
    assert fixes["cryptography"] == "pip install 'edgeface[bundle]'"
    assert fixes["faiss-cpu"] == "pip install 'edgeface[gallery]'"
    assert fixes["ray"] == fixes["fsspec"] == "pip install 'edgeface[ray]'"
    assert "pip install 'edgeface[torch]'" in fixes["torch"]
    assert "CPU build first, 200 MB and a minute" in fixes["torch"]
    assert not any(check.required for check in extras.look())


def test_openvino_is_installed_alone_by_the_command_that_is_shown(monkeypatch):
    monkeypatch.setattr("edgeface.doctor.packages.installed", lambda name: None)
    fixes = {check.name: check.fix for check in runtimes.look()}
    assert fixes["openvino"] == "pip install --no-deps 'openvino>=2026.4'"
    assert fixes["ncnn"] == "pip install ncnn"


@pytest.mark.parametrize(("version", "state"), [(None, "ok"), ("2025.2.0", "problem")])
def test_the_package_that_sends_usage_is_named_where_it_is(monkeypatch, version, state):
    monkeypatch.setattr(usage_reports, "installed", lambda name: version)
    (check,) = usage_reports.look()
    assert (check.state, check.fix) == (state, version and "pip uninstall openvino-telemetry")
    assert not check.required
