r"""Names from outside: none reaches the terminal raw, and names that are not ASCII, or not even UTF-8, work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

NAMES = {
    "escape sequence": "\x1b[31mred\x1b[0m",
    "title": "\x1b]0;title\x07",
    "one-byte escape": "\x9b31m",
    "line break": "a\nverified",
    "carriage return": "a\rerror",
    "reversed": "gpj.\u202etxt",
    "markup": "[bold]x[/bold][link=x]",
    "not UTF-8": os.fsdecode(b"caf\xe9 \xff"),
    "not ASCII": "Grüße 顔写真 👩\u200d👧",
}
SAFE = {"not ASCII": "Grüße 顔写真 👩\u200d👧", "markup": "[bold]x[/bold][link=x]"}


def raw(said: str) -> set[str]:
    return {char for char in said if not (char.isprintable() or char in "\n\t\u200d")}


def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "edgeface", *(os.fsencode(str(argument)) for argument in arguments)]
    return subprocess.run(command, capture_output=True, check=False, **options)  # type: ignore[call-overload]


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_no_error_prints_a_name_raw(edgeface_cli, tmp_path, name):
    path = tmp_path / NAMES[name].replace("/", "_")
    for arguments in (
        ("check", path, "--budget", "lfr-light"),
        ("check", f"{path}.onnx"),
        ("detect", path, "--artifact", path),
        ("embed", path, "--recognizer", path),
        ("eval", path, "--images", path, "--labels", path),
        ("export", "--weights", path, "--contract", path, "--out", tmp_path / "out"),
        ("verify", path),
        ("bench", path),
        ("report", path),
        ("parity", path),
        ("models", NAMES[name]),
        ("models", f"--{NAMES[name]}"),
        (NAMES[name],),
        ("targets", "--json", NAMES[name]),
    ):
        ended = edgeface_cli(*arguments)
        assert ended.code == 2, (arguments, ended.err)
        assert raw(ended.out + ended.err) == set(), arguments
        assert "Traceback" not in ended.err


def test_an_error_cannot_be_continued_by_a_name(edgeface_cli, tmp_path):
    ended = edgeface_cli("detect", "absent\n  fix:   run this\nverified", "--artifact", tmp_path)
    assert "\nverified" not in ended.err
    assert ended.err.count("  fix:") <= 2


@pytest.fixture
def folder(tmp_path, name):
    path = tmp_path / f"folder {NAMES[name]}".replace("/", "_")
    path.mkdir()
    return path


def test_files_of_any_name_are_read(edgeface_cli, detector_artifact, recognizer_artifact, folder, name):
    image = folder / f"{NAMES[name]}.png".replace("/", "_")
    image.write_bytes(cv2.imencode(".png", np.full((112, 112, 3), 90, np.uint8))[1].tobytes())
    artifact = detector_artifact.rename(folder / "detector")
    recognizer = recognizer_artifact.rename(folder / "recognizer")
    for arguments in (
        ("detect", image, "--artifact", artifact, "--out", image.with_suffix(".jpg")),
        ("detect", image, "--artifact", artifact, "--json"),
        ("embed", image, "--recognizer", recognizer, "--aligned", "--out", folder / "e.npz"),
        ("embed", image, "--recognizer", recognizer, "--aligned", "--json"),
        ("check", artifact),
        ("check", artifact, "--json"),
        ("check", next(file for file in artifact.iterdir() if file.suffix == ".onnx"), "--json"),
    ):
        ended = edgeface_cli(*arguments)
        assert ended.code == 0, (ended.out, ended.err)
        assert raw(ended.out + ended.err) == set()
        if "--json" in arguments and arguments[0] == "embed":
            assert Path(ended.document["embeddings"][0]["image"]) == image
    assert image.with_suffix(".jpg").is_file()


@pytest.mark.parametrize("name", ["escape sequence", "not UTF-8", "not ASCII"])
def test_output_that_is_not_utf_8_shows_names_too(detector_artifact, tmp_path, name):
    image = tmp_path / f"{NAMES[name]}.png".replace("/", "_")
    ended = run("detect", image, "--artifact", detector_artifact, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert ended.returncode == 2
    assert ended.stderr.isascii()
    assert b"\x1b" not in ended.stderr


def test_an_export_with_names_that_are_not_text_is_opened_again(edgeface_cli, seeded_weights, images, tmp_path):
    for index, file in enumerate(sorted(images.iterdir())):
        file.rename(images / f"{index} {NAMES['not UTF-8']}{file.suffix}")
    weights = seeded_weights.with_name(f"{NAMES['not UTF-8']}.pth")
    weights.write_bytes(seeded_weights.read_bytes())
    out = tmp_path / NAMES["not UTF-8"]
    ended = edgeface_cli(
        *("export", "--weights", weights, "--variant", "official", "--input", "64x96", "--calibration", images),
        *("--target", "onnx-fp32", "--out", out, "--no-latency"),
    )
    assert "Traceback" not in ended.err
    assert ended.code in {0, 1}, ended.err
    assert raw(ended.out + ended.err) == set()
    (folder,) = out.iterdir()
    assert edgeface_cli("check", folder).code == 0
    assert "\\xe9" in (folder / "manifest.json").read_text(encoding="utf-8")
