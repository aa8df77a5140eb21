from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from edgeface.cli.app import app
from edgeface.version import __version__

HEAVY = ("numpy", "torch", "onnx", "onnxruntime", "ai_edge_litert", "cv2", "pydantic", "rich")


COMMANDS = typer.main.get_command(app).commands


def test_help_names_every_command(edgeface_cli):
    ended = edgeface_cli("--help")
    assert ended.code == 0
    assert len(COMMANDS) >= 19
    for name in COMMANDS:
        assert f"\n  {name} " in ended.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json_and_help(edgeface_cli, name):
    ended = edgeface_cli(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: edgeface {name}")
    assert "--json" in ended.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_unknown_options_with_one_document(edgeface_cli, name):
    ended = edgeface_cli(name, "--nonsense", "--json")
    assert ended.code == 2
    assert ended.document["error"]["error"] == "UsageError"
    assert "--nonsense" in ended.err


def test_version_is_printed(edgeface_cli):
    assert edgeface_cli("--version").out == f"edgeface {__version__}\n"


@pytest.mark.parametrize("statement", ["import edgeface", "import edgeface.cli.app"])
def test_nothing_heavy_is_imported_before_a_command_runs(statement):
    code = f"{statement}; import sys; print([name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["export", "--help"], ["completion", "bash"]])
def test_help_version_and_completion_run_without_anything_heavy(arguments):
    heavy = [name for name in HEAVY if name != "pydantic"]  # typer's own, when it reads a command's options
    code = (
        f"import sys; from edgeface.cli import main\ntry: main({arguments!r})\n"
        f"except SystemExit: print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr == "[]\n"
    assert ran.stdout


def test_the_package_is_run_by_its_name(tmp_path):
    command = [sys.executable, "-m", "edgeface", "--version"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert ran.stdout == f"edgeface {__version__}\n"
    refused = subprocess.run([*command[:-1], "nonsense"], capture_output=True, cwd=tmp_path, check=False)
    assert refused.returncode == 2


@pytest.mark.parametrize(
    ("module", "mend"),
    [
        ("torch", "pip install 'edgeface[torch]'"),
        ("cryptography", "pip install 'edgeface[bundle]'"),
        ("onnxruntime", "edgeface doctor"),
    ],
)
def test_a_missing_package_is_an_error_with_an_installation_command(edgeface_cli, replace_command, module, mend):
    def lacking():
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    replace_command(lacking)
    ended = edgeface_cli("models", "--json")
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert f"the package {module.split('.')[0]!r} is not installed" in ended.err
    assert mend in ended.document["error"]["fix"]


@pytest.mark.parametrize("module", ["edgeface.nonsense", None])
def test_a_missing_module_of_edgeface_is_a_defect(edgeface_cli, replace_command, module):
    def lacking():
        raise ModuleNotFoundError("No module", name=module)

    replace_command(lacking)
    assert edgeface_cli("models").code == 70


def test_an_export_without_torch_names_the_command_that_installs_it(edgeface_cli, monkeypatch, tmp_path):
    for name in [name for name in sys.modules if name.startswith("edgeface.models._")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    ended = edgeface_cli("export", "--target", "onnx-fp32", "--seed", "0", "--out", tmp_path / "out")
    assert ended.code == 2
    assert "pip install 'edgeface[torch]'" in ended.err
    assert not list(tmp_path.rglob("model.*"))
