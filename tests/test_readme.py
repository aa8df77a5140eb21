"""Every command that the README shows is run, in its order, in one folder that holds what it speaks of."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_NOT_HERE = {"--on ssh:": "ssh", "--on adb": "adb"}
"""Commands for hardware that no test machine has, and the word that their refusal must hold."""
PAIRS = 100


@dataclass(frozen=True)
class Block:
    """A fenced block of the README: its language and text, without its indent."""

    language: str
    text: str

    def commands(self) -> list[str]:
        """The command lines of a shell block; of other blocks, those that run edgeface."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "sh":
            return [line.split("  # ")[0].strip() for line in lines if line.strip()]
        found = [re.search(r"edgeface (check|demo|export) .*", line) for line in lines]
        return [match[0].split("   #")[0] for match in found if match]


def _blocks() -> list[Block]:
    found = []
    for indent, language, text in _BLOCK.findall(README):
        found.append(Block(language, "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))))
    return found


BLOCKS = _blocks()
COMMANDS = [command for block in BLOCKS if block.language in {"sh", "yaml"} for command in block.commands()]


def test_commands_are_found():
    assert len(COMMANDS) > 20
    assert {command.split()[0] for command in COMMANDS} == {"make", "pip", "edgeface"}


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make")])
def test_make_knows_its_targets(command):
    subprocess.run([*command.split(), "-n"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("command", re.findall(r"pip install [^`\n]*", README))
def test_what_pip_is_to_install_exists(command):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in re.findall(r"\[([\w,]+)\]", command):
        for extra in name.split(","):
            assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra
    for file in re.findall(r"-c (\S+)", command):
        assert (ROOT / file).is_file()


@pytest.fixture(scope="module")
def place(shared_data, tmp_path_factory) -> Path:
    """A folder with every file that the README's commands name, real ones."""
    folder = tmp_path_factory.mktemp("readme")
    weights, scenes = shared_data / "weights", sorted((shared_data / "scenes").glob("*.jpg"))
    for name, source in (
        ("my.pth", "retinaface_mnet025_official.pth"),
        ("detector.pth", "retinaface_mnet025_1mb.pth"),
        ("recognizer.ckpt", "mobilefacenet_prelu_112x96.ckpt"),
    ):
        (folder / name).symlink_to(weights / source)
    (folder / "photos").mkdir()
    for index, scene in enumerate(scenes[::12]):
        shutil.copyfile(scene, folder / "photos" / ("one.jpg" if index == 0 else scene.name))
    shutil.copyfile(scenes[1], folder / "group.jpg")
    _portraits(shared_data, folder)
    (folder / "lfw").symlink_to(shared_data / "lfw" / "images")
    _pairs(shared_data / "lfw" / "pairs_dev.txt", folder / "pairs.txt")
    (folder / "weights-licence.txt").write_text("Apache-2.0\n")
    (folder / "board.toml").write_text(next(block.text for block in BLOCKS if "[limits." in block.text))
    return folder


def _portraits(shared_data: Path, folder: Path) -> None:
    """Images of one person each: 60 faces/, the people/ of a gallery, and three others."""
    with np.load(shared_data / "lfw" / "extra_250.npz") as stored:
        blob, offsets = stored["blob"], stored["off"]
    for name in ("faces", "people"):
        (folder / name).mkdir()
    for index in range(62):
        data = blob[offsets[40 * index] : offsets[40 * index + 1]].tobytes()
        (folder / "faces" / f"{index:02}.jpg").write_bytes(data)
        if index in {60, 61}:
            (folder / ("a.jpg" if index == 60 else "b.jpg")).write_bytes(data)
            (folder / "image.jpg").write_bytes(data)
            (folder / "people" / f"{index}.jpg").write_bytes(data)


def _pairs(source: Path, goal: Path) -> None:
    """The first of each kind of pairs, in LFW's form."""
    _, *lines = source.read_text().splitlines()
    same = [line for line in lines if len(line.split("\t")) == 3][: PAIRS // 2]
    other = [line for line in lines if len(line.split("\t")) == 4][: PAIRS // 2]
    goal.write_text("\n".join([str(len(same)), *same, *other]) + "\n")


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def ran(place) -> dict[str, subprocess.CompletedProcess[str]]:
    """What became of every command, run one after another as a reader would."""
    from edgeface.devices.install import install

    install()
    done = {}
    for command in COMMANDS:
        if command.startswith("edgeface"):
            done[command] = _run(command, place)
            model = place / "out" / "mobilefacenet-onnx-fp32" / "model.onnx"
            if model.is_file() and not (place / "model.onnx").exists():
                (place / "model.onnx").symlink_to(model)
    return done


@pytest.mark.real_data
@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("edgeface")])
def test_the_command_does_what_the_readme_says(ran, command):
    result = ran[command]
    missing = next((word for part, word in _NOT_HERE.items() if part in command), None)
    if missing is None:
        assert result.returncode == 0, result.stderr[-2000:]
    else:
        assert result.returncode == 2, result.stderr[-2000:]
        assert missing.lower() in result.stderr.lower()


@pytest.mark.real_data
@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=lambda _: "python")
def test_the_python_runs(ran, place, block):
    result = _run(f"python - <<'END'\n{block.text}END", place)
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.real_data
def test_what_the_commands_are_to_leave_behind_is_there(ran, place):
    assert cv2.imread(str(place / "drawn.jpg")) is not None
    assert cv2.imread(str(place / "named.jpg")) is not None
    assert (place / "out" / "index.html").is_file()
    assert (place / "face.tar.gz").stat().st_size < 2.5e6


def test_inline_commands_and_their_options_exist():
    from typer.main import get_command

    from edgeface.cli.app import app

    commands = get_command(app).commands
    known = {name: {option for p in command.params for option in p.opts} for name, command in commands.items()}
    inline = re.findall(r"`edgeface ([a-z]+)([^`]*)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    assert inline
    for name, rest in inline:
        assert name in known, name
        assert {o.split("=")[0] for o in re.findall(r"--[a-z][a-z-]*", rest)} <= known[name] | {"--help"}, (name, rest)


def test_links_lead_somewhere():
    titles = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", README, flags=re.DOTALL), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    for link in re.findall(r"\]\(([^)]+)\)", README):
        if link.startswith("#"):
            assert link[1:] in anchors, link
        elif not link.startswith("http"):
            assert (ROOT / link).exists(), link
