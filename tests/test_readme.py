"""Every block that the README shows is run, each in a folder of its own that holds what it speaks of."""

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

from edgeface.budgets.read_budget import read_budget
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.devices.table import profile

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_PARTS = re.compile(r"^#+ (?P<title>.*)$|^(?P<indent> *)```(?P<language>\w*)\n(?P<text>(?s:.*?))^ *```$", re.MULTILINE)
_NOT_HERE = {"--on ssh:": "ssh", "--on adb": "adb"}
"""Commands for hardware that no test machine has, and the word that their refusal must hold."""
PAIRS = 100
MAX_BUNDLE_BYTES = 2.5e6


@dataclass(frozen=True)
class Block:
    """A fenced block of the README: the section that it stands in, its number there, language, and text unindented."""

    section: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{re.sub(r'[^a-z0-9]+', '-', self.section.lower())}-{self.number}"

    @property
    def lines(self) -> list[str]:
        """Command lines of a shell block; of other blocks, those that run edgeface."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "sh":
            return [line.split("  # ")[0].strip() for line in lines if line.strip()]
        found = [re.search(r"edgeface (check|demo|export) .*", line) for line in lines]
        return [match[0].split("   #")[0] for match in found if match]

    @property
    def commands(self) -> list[str]:
        """What runs edgeface, Python included."""
        if self.language == "python":
            return [f"python - <<'END'\n{self.text}END"]
        return [line for line in self.lines if line.startswith("edgeface")]

    @property
    def needs(self) -> set[str]:
        """Artifacts, with the folder that holds them, that the block reads and does not make itself."""
        made = {
            f"{folder}/{model or 'retinaface_mnet025'}-{target}"
            for command in self.commands
            for folder in re.findall(r"--out (\S+)", command) or ["out"]
            for model, targets in re.findall(r"edgeface export ([a-z]\w*)?.*--target (\S+)", command)
            for target in targets.split(",")
        }
        return set(re.findall(r"\b((?:out|mine|pair)/\w+-\w+-\w+)", self.text)) - made


def _blocks() -> list[Block]:
    found: list[Block] = []
    section = ""
    for part in _PARTS.finditer(README):
        if part["title"] is not None:
            section = part["title"]
            continue
        number = 1 + sum(block.section == section for block in found)
        text = "".join(line.removeprefix(part["indent"]) for line in part["text"].splitlines(keepends=True))
        found.append(Block(section, number, part["language"], text))
    return found


BLOCKS = _blocks()
RUN = [block for block in BLOCKS if block.language in {"sh", "yaml", "python"} and block.commands]
LINES = [line for block in BLOCKS if block.language in {"sh", "yaml"} for line in block.lines]


def test_blocks_are_found():
    assert len(RUN) >= 10
    assert len(LINES) > 20
    assert {line.split()[0] for line in LINES} == {"make", "pip", "edgeface"}
    assert len({str(block) for block in BLOCKS}) == len(BLOCKS)


def test_what_a_block_needs_is_what_it_does_not_make():
    block = Block("a", 1, "sh", "edgeface export --target tflite-int8,onnx-fp32\nedgeface bench out/a-onnx-fp32\n")
    assert block.needs == {"out/a-onnx-fp32"}
    made = Block(
        "a",
        1,
        "sh",
        "edgeface export a --weights w --target tflite-int8,onnx-fp32 --out pair\nedgeface x pair/a-onnx-fp32",
    )
    assert made.needs == set()


@pytest.mark.parametrize("command", [line for line in LINES if line.startswith("make")])
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


TOML = [block for block in BLOCKS if block.language == "toml"]


def test_every_file_that_is_shown_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEFACE_DEVICES", str(tmp_path))
    read = []
    for block in TOML:
        path = tmp_path / f"block{len(read)}.toml"
        path.write_text(block.text)
        if "[limits." in block.text:
            read.append(read_budget(path).title)
            path.unlink()  # is no device's profile
        else:
            read.append(profile(path.stem).title)
    assert read == [re.search(r'^title = "(.*)"$', block.text, re.MULTILINE)[1] for block in TOML]
    assert len(read) >= 2


@pytest.fixture(scope="session")
def files(shared_data, shared_folder) -> Path:
    """A folder with every file that the README's commands name, real ones."""
    from shared_exports import made_once

    def make(folder: Path) -> None:
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
        (budget,) = (block.text for block in TOML if "[limits." in block.text)
        (folder / "board.toml").write_text(budget)

    return made_once(shared_folder / "readme", make)


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


@pytest.fixture(scope="session")
def earlier(files, shared_export):
    """An artifact that an earlier block made, by its folder's name: small ones of the same networks."""

    def of(name: str) -> Path:
        model, target = name.split("-", 1)
        given = {"report": ReportOptions(latency=False)}
        if model == "retinaface_mnet025":
            given |= {"weights": files / "detector.pth", "calibration": files / "photos", "input_size": (256, 256)}
        else:
            given |= {"weights": files / "recognizer.ckpt", "calibration": files / "faces"}
            given["detector"] = of("retinaface_mnet025-onnx-fp32")
        return shared_export(ExportRequest(model, (target,), **given))[0].folder

    return of


@pytest.fixture
def place(files, earlier, tmp_path):
    """Fill a folder with what a block needs."""

    def fill(block: Block) -> Path:
        for path in files.iterdir():
            (tmp_path / path.name).symlink_to(path)
        needed = block.needs
        if re.search(r"edgeface report out/", block.text):
            needed |= {"out/retinaface_mnet025-tflite-int8", "out/retinaface_mnet025-onnx-fp32"}
        for name in sorted(needed):
            shutil.copytree(earlier(Path(name).name), tmp_path / name)
        if "model.onnx" in block.text:
            (tmp_path / "model.onnx").symlink_to(earlier("mobilefacenet-onnx-fp32") / "model.onnx")
        return tmp_path

    return fill


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


def _with_marks(block: Block):
    emulated = any("--on a" in command for command in block.commands)
    return pytest.param(block, id=str(block), marks=[pytest.mark.emulation] if emulated else [])


@pytest.mark.parametrize("block", [_with_marks(block) for block in RUN])
def test_a_block_does_what_the_readme_says(block, place, request):
    if request.node.get_closest_marker("emulation"):
        request.getfixturevalue("emulator")
    folder = place(block)
    for command in block.commands:
        result = _run(command, folder)
        missing = next((word for part, word in _NOT_HERE.items() if part in command), None)
        assert result.returncode == (0 if missing is None else 2), f"{command}\n{result.stderr[-2000:]}"
        assert missing is None or missing.lower() in result.stderr.lower(), command
        assert result.stdout or block.language != "python", command
        for written in re.findall(r"--out (\S+)", command):
            _check_written(folder / written)
    assert "report out/" not in block.text or (folder / "out" / "index.html").is_file()


def _check_written(path: Path) -> None:
    assert path.exists()
    if path.suffix == ".jpg":
        assert cv2.imread(str(path)) is not None
    if path.name.endswith(".tar.gz"):
        assert path.stat().st_size < MAX_BUNDLE_BYTES


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
