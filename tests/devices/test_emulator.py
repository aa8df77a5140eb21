from __future__ import annotations

import pytest

from edgeface.devices.emulator import DEFAULT_SETTING, Setting
from edgeface.errors import InputError, RuntimeFailure

SCRIPT = """
import os, platform, sys
with open("/proc/cpuinfo") as file:
    parts = [line.split()[-1] for line in file if line.startswith("CPU part")]
print(platform.machine(), ",".join(parts), os.environ.get("SECRET"), os.environ.get("LD_LIBRARY_PATH"), sys.argv[1:])
"""


@pytest.fixture
def run_python(emulator):
    """Run a script on an emulated device."""

    def run(device, script, arguments=(), setting=DEFAULT_SETTING, timeout_s=600):
        return emulator.run(device, emulator.python(device), [str(script), *arguments], setting, timeout_s)

    return run


@pytest.mark.parametrize(
    ("device", "parts"),
    [("a72", "0xd08,0xd08"), ("a53", ",".join(["0xd03"] * 4)), ("rk3399", ",".join(["0xd03"] * 4 + ["0xd08"] * 2))],
)
def test_a_script_sees_the_device_s_processor_and_not_the_host_s(run_python, tmp_path, monkeypatch, device, parts):
    monkeypatch.setenv("SECRET", "of the host")
    (tmp_path / "script.py").write_text(SCRIPT)
    done = run_python(device, tmp_path / "script.py", ["a b", "ü"])
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"aarch64 {parts} None None ['a b', 'ü']\n"


def test_packages_and_variables_are_chosen(run_python, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "mine.py").write_text("VALUE = 7")
    (tmp_path / "script.py").write_text(
        "import os, mine, numpy, tflite_runtime; print(mine.VALUE, numpy.__version__[0], os.environ['X'])"
    )
    setting = Setting("legacy", (tmp_path / "own",), {"X": "y"})
    assert run_python("a72", tmp_path / "script.py", setting=setting).stdout == b"7 1 y\n"


def test_a_script_s_exit_code_is_returned(run_python, tmp_path):
    (tmp_path / "script.py").write_text("import sys; sys.exit('no')")
    done = run_python("a72", tmp_path / "script.py")
    assert (done.returncode, done.stderr) == (1, b"no\n")
    (tmp_path / "script.py").write_text("import time; time.sleep(60)")
    with pytest.raises(RuntimeFailure, match="no end after"):
        run_python("a72", tmp_path / "script.py", timeout_s=1)


def test_an_unknown_device_is_refused(run_python, tmp_path):
    with pytest.raises(InputError, match="a73"):
        run_python("a73", tmp_path / "script.py")
