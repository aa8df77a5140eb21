from __future__ import annotations

import ast
import shutil
import tarfile
import zipfile
from email import message_from_string
from pathlib import PurePosixPath

import pytest


@pytest.fixture(scope="module")
def names(wheel):
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_string(archive.read(name).decode())


def files(root, pattern):
    """Files of the checkout but for what Python itself writes there."""
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    )


def test_the_wheel_holds_the_whole_package(names, root):
    package = [name for name in names if name.startswith("edgeface/") and not name.startswith("edgeface/_recipes/")]
    assert sorted(package) == files(root, "edgeface/**/*")


@pytest.mark.parametrize(
    "suffix", ["py.typed", "lfr-light.toml", "rk3399.toml", ".onnx.gz", ".fish", ".c", ".css", ".html", ".safetensors"]
)
def test_the_wheel_holds_what_is_no_python(names, suffix):
    assert [name for name in names if name.startswith("edgeface/") and name.endswith(suffix)]


def test_recipes_come_without_what_trained_the_samples(names, root):
    recipes = sorted(name for name in names if name.startswith("edgeface/_recipes/"))
    assert recipes == [f"edgeface/_{name}" for name in files(root, "recipes/*.toml")]
    assert len(recipes) >= 2


def test_nothing_but_the_package_and_its_metadata_is_in_the_wheel(names):
    assert {PurePosixPath(name).parts[0].partition("-")[0] for name in names} == {"edgeface"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".pth"))]


def test_the_licence_comes_along(names, metadata):
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_metadata_says_which_pythons_and_what_they_need(metadata):
    pythons = [
        line for line in metadata.get_all("Classifier") if line.startswith("Programming Language :: Python :: 3.")
    ]
    assert metadata["Requires-Python"] == ">=3.10"
    assert [line.rpartition(" ")[2] for line in pythons] == ["3.10", "3.11", "3.12", "3.13"]
    assert {"all", "bundle", "eval", "tensorrt", "torch"} <= set(metadata.get_all("Provides-Extra"))


def unpacked(sdist, folder):
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return source


@pytest.fixture(scope="module")
def source(sdist, tmp_path_factory):
    """The sdist, unpacked."""
    return unpacked(sdist, tmp_path_factory.mktemp("source"))


def test_the_sdist_holds_what_the_package_is_made_and_tested_from(source, root):
    there = {entry.name for entry in source.iterdir()}
    assert {"LICENSE", "README.md", "pyproject.toml", "edgeface", "tests", "recipes"} <= there
    assert files(source, "edgeface/**/*") == files(root, "edgeface/**/*")


def test_the_same_source_gives_the_same_bytes_at_another_time_and_place(source, build, tmp_path):
    first = build("wheel", source, tmp_path / "first").read_bytes()
    copy = shutil.copytree(source, tmp_path / "copy", copy_function=shutil.copyfile)
    assert build("wheel", copy, tmp_path / "second").read_bytes() == first
    again = unpacked(build("sdist", copy, tmp_path / "sdist"), tmp_path / "unpacked")
    assert build("wheel", again, tmp_path / "third").read_bytes() == first


def test_every_file_is_of_the_oldest_pythons_syntax(names, root):
    for name in names:
        if name.endswith(".py"):
            ast.parse((root / name).read_text(encoding="utf-8"), filename=name, feature_version=(3, 10))
