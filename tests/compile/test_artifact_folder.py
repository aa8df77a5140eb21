from __future__ import annotations

import json
import os
import shutil

import pytest

from edgeface.compile.artifact_folder import artifact_folder
from edgeface.core.artifact import MANIFEST, Artifact
from edgeface.errors import InputError

NAME = "a-onnx-fp32"


def test_missing_and_empty_folders_and_artifacts_are_written_to(tmp_path, exported):
    assert artifact_folder(tmp_path, "a", "onnx-fp32") == tmp_path / NAME
    (tmp_path / NAME).mkdir()
    assert artifact_folder(tmp_path, "a", "onnx-fp32") == tmp_path / NAME
    (tmp_path / NAME).rmdir()
    shutil.copytree(next(exported.iterdir()), tmp_path / NAME)
    assert artifact_folder(tmp_path, "a", "onnx-fp32") == tmp_path / NAME


def other_program(path):
    path.mkdir()
    (path / MANIFEST).write_text(json.dumps({"name": "My app", "start_url": "/"}))


def damaged(path):
    path.mkdir()
    (path / MANIFEST).write_text('{"format": 2, "name"')


def link(path):
    (path.parent / "mine").mkdir()
    path.symlink_to(path.parent / "mine")


def files(path):
    path.mkdir()
    (path / "notes.txt").touch()


@pytest.mark.parametrize("make", [other_program, damaged, link, files, os.mkfifo, lambda path: path.touch()])
def test_anything_else_is_refused(tmp_path, make):
    make(tmp_path / NAME)
    with pytest.raises(InputError, match="the folder to write to"):
        artifact_folder(tmp_path, "a", "onnx-fp32")


def test_a_folder_that_a_killed_export_moved_aside_comes_back_first(tmp_path, exported):
    shutil.copytree(next(exported.iterdir()), tmp_path / f".edgeface-old-0123456789abcdef-{NAME}")
    assert artifact_folder(tmp_path, "a", "onnx-fp32").is_dir()


@pytest.mark.parametrize("inside", ["", "model.tflite"])
def test_opening_an_artifact_puts_it_back_too(tmp_path, exported, inside):
    shutil.copytree(next(exported.iterdir()), tmp_path / f".edgeface-old-0123456789abcdef-{NAME}")
    assert Artifact.open(tmp_path / NAME / inside).folder == tmp_path / NAME
