from __future__ import annotations

import subprocess
import sys

import pytest

from edgeface.version import __version__

HEAVY = ("numpy", "torch", "onnx", "onnxruntime", "ai_edge_litert", "cv2", "pydantic", "rich")


def test_help_names_every_command(edgeface_cli):
    ended = edgeface_cli("--help")
    assert ended.code == 0
    for name in ("export", "parity", "bench", "detect", "models", "targets", "demo"):
        assert f"\n  {name} " in ended.out


def test_every_command_has_json_and_help(edgeface_cli):
    for name in ("export", "parity", "bench", "detect", "models", "targets", "demo"):
        ended = edgeface_cli(name, "--help")
        assert ended.code == 0
        assert "--json" in ended.out


def test_version_is_printed(edgeface_cli):
    assert edgeface_cli("--version").out == f"edgeface {__version__}\n"


@pytest.mark.parametrize("statement", ["import edgeface", "import edgeface.cli.app"])
def test_nothing_heavy_is_imported_before_a_command_runs(statement):
    code = f"{statement}; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
