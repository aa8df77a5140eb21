from __future__ import annotations

import subprocess
import sys

import pytest

from edgeface.backends.openvino.library import INSTALL, first_line, load_library
from edgeface.errors import InputError

SENDER = """
from pathlib import Path
Path(__file__).with_name("imported").touch()
class Telemetry:
    def __init__(self, *_, **__): pass
    def send_event(self, *_, **__): Path(__file__).with_name("sent").touch()
    start_session = end_session = send_error = force_shutdown = send_event
"""
LOAD = "import sys; from edgeface.backends.openvino.library import load_library; load_library()"


def test_the_package_that_sends_usage_is_not_even_imported(tmp_path):
    package = tmp_path / "openvino_telemetry"
    package.mkdir()
    (package / "__init__.py").write_text(SENDER)
    (package / "backend.py").write_text("backend_ga4 = None\n")
    told = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
    afterwards = "; assert 'openvino_telemetry' not in sys.modules"
    subprocess.run([sys.executable, "-c", told + LOAD + afterwards], check=True)
    assert not (package / "imported").exists()
    subprocess.run([sys.executable, "-c", told + "import openvino"], check=True)
    assert (package / "sent").exists()  # so that is what is kept from happening


def test_a_missing_library_names_the_command_that_installs_it_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(InputError, match="OpenVINO is not installed") as caught:
        load_library()
    assert caught.value.fix == INSTALL
    assert "--no-deps" in INSTALL


def test_an_error_is_told_without_openvino_s_own_files():
    said = "Exception from src/a.cpp:84:\nCheck 'x == y' failed at src/b.cpp:1:\nWhile validating node 'n':\nToo few.\n"
    assert first_line(RuntimeError(said)) == "Too few."
    assert first_line(RuntimeError("")) == "RuntimeError"
