"""Which TensorRT is found, and what is said where none can be used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from edgeface.backends.tensorrt import installed, library
from edgeface.backends.tensorrt.cuda.driver import Driver
from edgeface.backends.tensorrt.installed import NativeLibraries
from edgeface.errors import InputError

find = library.load_library.__wrapped__


@pytest.fixture
def only(monkeypatch):
    """Make as if only some modules were installed, and no driver, no GPU and no distribution were there."""

    def install(*modules):
        monkeypatch.setattr(library, "is_installed", lambda name: name in modules)
        monkeypatch.setattr(library, "look_for_gpus", lambda: Driver(None, (), "no driver"))
        monkeypatch.setattr(library, "placeholder_distribution", lambda: None)

    return install


@pytest.fixture
def package(monkeypatch, tmp_path):
    """Write a package that is found before any other of its name, and forget it afterwards."""

    def write(name, text="", **files):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setitem(sys.modules, name, None)
        monkeypatch.delitem(sys.modules, name)
        return folder

    return write


def test_a_library_is_found_that_builds_for_gpus_that_are_not_here(tensorrt):
    if not tensorrt.ahead_of_time:
        pytest.skip("TensorRT proper builds only for the GPU that is here")
    assert tensorrt.name == "TensorRT-RTX"
    assert {"75", "80", "86", "89", "120"} <= set(tensorrt.compute_capabilities)
    assert list(tensorrt.compute_capabilities) == sorted(tensorrt.compute_capabilities, key=int)


def test_modules_import_tensorrt_only_on_use():
    modules = ("artifact_engines", "build", "engine_file", "layers", "library", "precision", "request")
    code = f"import sys, {', '.join(f'edgeface.backends.tensorrt.{name}' for name in modules)}\n"
    code += "print([name for name in sys.modules if name.startswith(('tensorrt', 'onnx'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_where_nothing_is_installed_the_command_that_installs_it_is_named(only, monkeypatch):
    only()
    monkeypatch.setattr(installed.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(installed.sys, "platform", "linux")
    with pytest.raises(InputError, match="no TensorRT is installed") as caught:
        find()
    assert caught.value.fix == "pip install 'edgeface[tensorrt]'"


def test_without_wheels_the_machine_is_named_instead_of_a_command(only, monkeypatch):
    only()
    monkeypatch.setattr(installed.platform, "machine", lambda: "aarch64")
    with pytest.raises(InputError, match="no TensorRT is installed") as caught:
        find()
    assert "aarch64" in str(caught.value.fix)
    assert "JetPack" in str(caught.value.fix)


def test_tensorrt_proper_without_a_gpu_is_refused_with_the_library_that_needs_none(only):
    only("tensorrt")
    with pytest.raises(InputError, match="needs a CUDA driver and a GPU") as caught:
        find()
    assert "edgeface[tensorrt]" in str(caught.value.fix)


def test_a_placeholder_distribution_is_named(only, monkeypatch):
    only()
    monkeypatch.setattr(library, "placeholder_distribution", lambda: "tensorrt-cu12")
    with pytest.raises(InputError, match="tensorrt-cu12 is a placeholder"):
        find()


def test_a_module_without_a_builder_is_called_a_placeholder(only, package):
    package("tensorrt_rtx", "__version__ = '0.0.1'")
    only("tensorrt_rtx")
    with pytest.raises(InputError, match="tensorrt_rtx is a placeholder: it has no Builder, OnnxParser") as caught:
        find()
    assert caught.value.where == "python module 'tensorrt_rtx'"


def test_bindings_that_do_not_load_are_refused_with_the_loaders_own_words(only, package):
    package("tensorrt_rtx", "raise ImportError('libsomething.so.1: cannot open shared object file')")
    only("tensorrt_rtx")
    with pytest.raises(InputError, match=r"does not load: libsomething\.so\.1"):
        find()


def test_bindings_of_another_version_than_the_library_are_refused_with_both(only, monkeypatch, tensorrt):
    if tensorrt.module.__name__ != "tensorrt_rtx_bindings":
        pytest.skip("the library here comes with its bindings")
    only("tensorrt_rtx_bindings")
    monkeypatch.setattr(library, "bundled_libraries", lambda: NativeLibraries("a_bundle", "1.7.0"))
    with pytest.raises(InputError, match=f"bindings have version {tensorrt.version}, but its library 1.7.0"):
        find()


def test_a_bundle_that_lacks_a_library_is_refused_with_its_folder(package, monkeypatch):
    folder = package("onnxruntime_ep_nv_tensorrt_rtx")
    monkeypatch.setattr(installed, "_OWN_WHEEL", "no_such_wheel")
    with pytest.raises(InputError, match="libcudart is missing") as caught:
        installed.bundled_libraries()
    assert caught.value.where == str(folder)


def test_a_bundled_library_that_does_not_load_is_named(package, monkeypatch):
    folder = package("onnxruntime_ep_nv_tensorrt_rtx")
    for stem in ("libcudart", "libtensorrt_rtx", "libtensorrt_onnxparser_rtx"):
        (folder / f"{stem}.so.13.0").write_text("a text shim, not a library")
    monkeypatch.setattr(installed, "_OWN_WHEEL", "no_such_wheel")
    with pytest.raises(InputError, match="does not load") as caught:
        installed.bundled_libraries()
    assert caught.value.where == str(folder / "libcudart.so.13.0")


def test_bindings_without_any_library_are_refused(monkeypatch):
    monkeypatch.setattr(installed, "_OWN_WHEEL", "no_such_wheel")
    monkeypatch.setattr(installed, "_BUNDLE", "no_such_bundle")
    with pytest.raises(InputError, match="without its libraries"):
        installed.bundled_libraries()


def test_what_is_here_is_described_as_json(tensorrt):
    facts = library.describe()
    assert json.loads(json.dumps(facts)) == facts
    assert (facts["state"], facts["library"], facts["version"]) == ("ok", tensorrt.name, tensorrt.version)
    assert facts["compute_capabilities"] == list(tensorrt.compute_capabilities)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (InputError("no TensorRT is installed", fix="a command"), "missing"),
        (RuntimeError("a broken library"), "problem"),
    ],
)
def test_describing_never_raises(only, monkeypatch, error, state):
    def fail():
        raise error

    only()
    monkeypatch.setattr(library, "load_library", fail)
    facts = library.describe()
    assert facts["state"] == state
    assert str(error.args[0]) in facts["problem"]
    assert facts["fix"]
