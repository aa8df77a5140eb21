"""Paths that do not exist are named before anything is read, all at once."""

from __future__ import annotations

import pytest

from edgeface.compile.request import READ_PATHS, ExportRequest
from edgeface.errors import InputError
from edgeface.exporting.export import export

COMMANDS = {
    "export": ["--target", "onnx-fp32", *(w for n in READ_PATHS for w in (f"--{n.replace('_', '-')}", f"{n}-path"))],
    "calibrate": ["a.toml", "--weights", "b", "--calibration", "c", "--detector", "d", "--contract", "e"],
    "eval, faces": ["eval", "--images", "a", "--detector", "b", "--labels", "c", "--reference", "d"],
    "eval, pairs": [
        "eval",
        *["--images", "a", "--recognizer", "b", "--detector", "c", "--pairs", "d", "--reference", "e"],
    ],
    "eval, two": [
        "eval",
        "--aligned",
        *["--images", "a", "--gallery-artifact", "b", "--probe-artifact", "c", "--pairs", "d"],
    ],
    "parity": ["a", "--weights", "b", "--reference", "c", "--images", "d", "--detector", "e"],
    "bench": ["a", "b"],
    "detect": ["a", "--artifact", "b"],
    "embed": ["a", "b", "--recognizer", "c", "--detector", "d"],
    "compare": ["a", "b", "--recognizer", "c", "--detector", "d"],
    "identify": ["a", "--gallery", "b", "--recognizer", "c", "--detector", "d"],
    "bundle": ["a", "b", "--device", "rk3399", "--sign", "c", "--licence", "d", "--licence", "e"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_all_missing_paths_are_listed_by_their_options(edgeface_cli, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    arguments = COMMANDS[name] if name.startswith("eval") else [name, *COMMANDS[name]]
    ended = edgeface_cli(*arguments)
    assert ended.code == 2
    where = ended.err.splitlines()[1]
    if name == "export":
        assert f"error: {len(READ_PATHS)} files and folders do not exist" in ended.err
    others = ("--target", "--device", "--aligned")
    options = [word for word in arguments if word.startswith("--") and word not in others]
    assert [option for option in options if f"{option} " not in where] == []
    assert not list(tmp_path.iterdir())


def test_missing_weights_are_said_before_images_are_looked_at(edgeface_cli, tmp_path):
    images = ("--calibration", tmp_path)
    ended = edgeface_cli("export", "--target", "tflite-int8", "--weights", "missing.pth", *images)
    assert ended.code == 2
    assert ended.err.startswith("error: --weights: there is no such file or folder\n  where: missing.pth")


def test_an_export_by_the_library_checks_its_paths_too(tmp_path):
    request = ExportRequest(weights=tmp_path / "a.pth", pairs=tmp_path / "b.txt", calibration=tmp_path)
    with pytest.raises(InputError, match="2 files and folders do not exist") as caught:
        export(request)
    assert caught.value.where == f"--weights {tmp_path / 'a.pth'}; --pairs {tmp_path / 'b.txt'}"


def test_every_path_of_a_request_is_read_or_written():
    from dataclasses import fields

    paths = {field.name for field in fields(ExportRequest) if "Path" in str(field.type) and "None" in str(field.type)}
    assert paths - {"save_statistics"} == set(READ_PATHS)
