"""Runtimes are values found by filename, and whoever needs one asks for it by a file or by its name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edgeface import backends
from edgeface.backends import runtime_for, runtime_named, runtimes, suffixes, targets
from edgeface.backends.open import open_runner
from edgeface.bench.subject import open_subjects
from edgeface.devices.runner import loadings_of
from edgeface.errors import InputError
from edgeface.validate.kernels import inspect_kernels
from edgeface.validate.layerwise import layer_agreement

ALONE = """
from edgeface.backends.runtime import Runtime
RUNTIMES = (Runtime(name={name!r}, title="Another", suffixes=({suffix!r},), distributions=(), open=lambda *_: None),)
"""


@pytest.fixture
def add(monkeypatch, tmp_path):
    """Add a backend that is a runtime alone, in a folder of its own: `add(name, suffix)`."""

    def folder(name, suffix):
        package = f"{name}_added"
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
        (tmp_path / package / "runtime.py").write_text(ALONE.format(name=name, suffix=suffix))
        if str(tmp_path) not in backends.__path__:
            monkeypatch.setattr(backends, "__path__", [*backends.__path__, str(tmp_path)])

    yield folder
    for name in [name for name in sys.modules if name.endswith(("_added", "_added.runtime"))]:
        del sys.modules[name]


def test_every_target_names_an_existing_runtime():
    for wanted in targets().values():
        assert runtimes()[wanted.runtime].processor == "cpu"


def test_an_unknown_runtime_offers_the_nearest():
    with pytest.raises(InputError, match="unknown runtime 'onnx-runtime'") as caught:
        runtime_named("onnx-runtime")
    assert "did you mean onnxruntime" in str(caught.value.fix)


def test_a_backend_may_be_a_runtime_alone(add, tmp_path):
    known = set(targets())
    add("alone", ".alone")
    assert runtime_for(tmp_path / "model.alone") is runtimes()["alone"]
    assert ".alone" in suffixes()
    assert set(targets()) == known


def test_two_runtimes_of_one_suffix_are_refused(add):
    add("another", ".onnx")
    with pytest.raises(InputError, match=r"'another' and 'onnxruntime' both run \.onnx on a CPU"):
        runtimes()


def test_two_runtimes_of_one_name_are_refused(add):
    add("litert", ".other")
    with pytest.raises(InputError, match="two backends define 'litert'"):
        runtimes()


def _layers(path: Path) -> object:
    return layer_agreement(None, path, {})  # type: ignore[arg-type]  # refused before the graph is looked at


@pytest.mark.parametrize("name", ["model.bin", "model", "model.ONNX"])
@pytest.mark.parametrize(
    "ask", [open_runner, inspect_kernels, _layers, loadings_of, lambda path: open_subjects([path])]
)
def test_a_file_that_no_runtime_runs_is_not_taken_for_another(onnx_file, tmp_path, ask, name):
    path = tmp_path / name
    path.write_bytes(onnx_file.read_bytes())
    with pytest.raises(InputError, match=rf"no runtime supports ({path.suffix or 'files without a suffix'})") as caught:
        ask(path)
    assert caught.value.where == str(path)
    assert ".onnx or .param or .tflite" in str(caught.value.fix)


def test_listing_targets_and_runtimes_imports_no_library_of_theirs():
    heavy = "{'onnx', 'onnxruntime', 'ai_edge_litert', 'ncnn', 'tensorrt', 'tensorrt_rtx', 'torch', 'google'}"
    code = (
        "import sys; from edgeface.backends import runtimes, suffixes, targets; "
        f"assert targets() and runtimes() and suffixes('gpu'); print(*sorted({heavy} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
