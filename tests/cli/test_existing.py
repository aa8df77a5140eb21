"""Paths that do not exist are named before anything is read, all at once."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from edgeface.cli.app import COMMANDS, evaluate
from edgeface.cli.existing import WRITTEN, with_existing_paths
from edgeface.compile.request import ExportRequest
from edgeface.errors import InputError
from edgeface.exporting.export import export


def reads(command, name) -> bool:
    """Whether a parameter is a path, or a list of some, that the command reads."""

    def kinds(hint):
        return (
            {hint, *(kind for part in get_args(hint) for kind in kinds(part))} if not isinstance(hint, str) else set()
        )

    hint = get_type_hints(command)[name]
    return name not in WRITTEN and Path in kinds(hint)


PATHS = [
    (command, name)
    for command in (*COMMANDS, evaluate)
    for name in inspect.signature(command).parameters
    if reads(command, name)
]


@pytest.mark.parametrize(("command", "name"), PATHS, ids=lambda each: getattr(each, "__name__", each))
def test_every_path_that_a_command_reads_is_checked_first(command, name, tmp_path):
    with pytest.raises(InputError, match="there is no such file or folder") as caught:
        with_existing_paths(command)(**{name: tmp_path / "absent"})
    assert caught.value.where == str(tmp_path / "absent")


def test_all_missing_paths_are_listed_by_their_options(edgeface_cli, tmp_path):
    found = edgeface_cli(
        *("export", "absent.onnx", "--target", "tflite-int8", "--weights", "missing.pth"),
        *("--calibration", tmp_path, "--judge", "nowhere", "--label-images", "no/labels"),
    )
    assert found.code == 2
    assert "error: 4 files and folders do not exist" in found.err
    assert "MODEL absent.onnx; --weights missing.pth; --judge nowhere; --label-images no/labels" in found.err


def test_missing_weights_are_said_before_images_are_looked_at(edgeface_cli, tmp_path):
    found = edgeface_cli("export", "--target", "tflite-int8", "--weights", "missing.pth", "--calibration", tmp_path)
    assert found.code == 2
    assert found.err.startswith("error: --weights: there is no such file or folder")


def test_options_are_named_as_they_are_written(edgeface_cli, tmp_path):
    found = edgeface_cli("eval", "--images", tmp_path, "--gallery-artifact", "a", "--probe-artifact", "b")
    assert found.code == 2
    assert "--gallery-artifact a; --probe-artifact b" in found.err


def test_an_export_by_the_library_checks_its_paths_too(tmp_path):
    request = ExportRequest(weights=tmp_path / "a.pth", pairs=tmp_path / "b.txt", calibration=tmp_path)
    with pytest.raises(InputError, match="2 files and folders do not exist") as caught:
        export(request)
    assert "--weights" in caught.value.where
    assert "--pairs" in caught.value.where
