"""The notebooks run from top to bottom, and are stored without outputs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from pages import DOCS

NOTEBOOKS = sorted(DOCS.glob("notebooks/*.ipynb"))
PRINTED = {
    "01_export_and_look": ["unsure on", "int8 0.", "mean score change"],
    "02_persons_and_thresholds": ["multiply-accumulates", "required", "same person", "changed"],
}
"""Words that each notebook's outputs hold, in this order."""


def _read(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_outputs_are_stored(path):
    for cell in _read(path).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert not cell.metadata


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# Of jupyter_client and pyzmq, about their own event loops.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::RuntimeWarning")
def test_it_runs(path, tmp_path, monkeypatch):
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    work = tmp_path / "work"
    work.mkdir()
    notebook = _read(path)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(work)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    rest = "\n".join(output.get("text", "") for output in outputs)
    for words in PRINTED[path.stem]:
        assert words in rest
        rest = rest.partition(words)[2]
    assert path.stem != "01_export_and_look" or any("image/jpeg" in output.get("data", {}) for output in outputs)
