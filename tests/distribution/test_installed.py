"""The wheel in an environment of its own, used from an empty folder: nothing may come from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A folder with a venv that holds the wheel; other packages are those of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", "--quiet", wheel]
    subprocess.run(command, check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture
def ran(environment, tmp_path):
    """Run a program of the environment in an empty folder."""

    def run(program, *arguments):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        command = [environment / "bin" / program, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=True).stdout

    return run


def test_the_package_is_the_installed_one(ran, environment, root):
    code = "import edgeface, sys; print(edgeface.__file__); print([path for path in sys.path])"
    where, path = ran("python", "-c", code).splitlines()
    assert Path(where).is_relative_to(environment)
    assert str(root) not in json.loads(path.replace("'", '"'))


def test_it_runs_as_a_program_and_as_a_module(ran):
    assert ran("edgeface", "--version") == ran("python", "-m", "edgeface", "--version")


def test_models_targets_and_budgets_are_listed(ran):
    models = json.loads(ran("edgeface", "models", "--json"))["models"]
    assert {"mobilefacenet", "retinaface_mnet025"} <= {model["name"] for model in models}
    assert "tflite-int8" in ran("edgeface", "targets")
    assert "lfr-light" in ran("edgeface", "budgets")


def test_a_network_is_checked_by_its_name(ran):
    assert "parameters" in ran("edgeface", "check", "retinaface_mnet025")
    assert "within: lfr-light" in ran("edgeface", "check", "mobilefacenet:y2", "--budget", "lfr-light")


def test_the_shipped_recipe_is_found(ran):
    code = "from edgeface.compile.recipe import recipe_for; print(bool(recipe_for('retinaface_mnet025').gates))"
    assert ran("python", "-c", code) == "True\n"


def test_completion_and_doctor_work(ran):
    assert "complete" in ran("edgeface", "completion", "bash")
    assert json.loads(ran("edgeface", "doctor", "--json"))["usable"] is True


def test_a_model_is_exported_with_its_report(ran, tmp_path):
    quick = ["--input", "64x64", "--no-latency", "--no-images"]
    ran("edgeface", "--quiet", "export", "--seed", "0", "--target", "onnx-fp32", "--out", "made", *quick)
    (folder,) = (tmp_path / "made").iterdir()
    assert {"manifest.json", "report.html"} <= {path.name for path in folder.iterdir()}
