"""Every block that README and docs/ show is run, each in a folder of its own that holds what it speaks of."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from page_commands import Commands, written_by
from page_folder import check_written, fill
from pages import (
    DOCS,
    PAGES,
    ROOT,
    RUN_BY,
    Block,
    blocks_of,
    command_of,
    name_of,
    not_said,
    said_after,
    scripts_of,
    without_blocks,
)
from preloaded import preloaded

from edgeface.budgets.read_budget import read_budget
from edgeface.compile.report_options import ReportOptions
from edgeface.compile.request import ExportRequest
from edgeface.devices.table import profile

NOT_HERE = {"--on ssh:": "ssh", "--on adb": "adb"}
"""Commands for hardware that no test machine has, and the word that their refusal must hold."""
USUAL = ("onnx-fp32", "tflite-int8")
"""Targets that pages read; both are exported where one is asked for, which costs less than one after the other."""
LONG = {
    *("analyze.md", "api/export.md", "benchmark.md", "boards.md", "predict.md"),
    *("quick-start.md", "recipes.md", "recognizers.md"),
    *("identify.md-who-is-it--1", "troubleshooting.md-int8-finds-no-faces-1"),
}
"""Pages and blocks that take up to half a minute each: `make hostile` runs them; README and quicker tests show it too.
Here their commands are only read, with their options."""
OWN = [page for page in PAGES if name_of(page) not in RUN_BY]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
RUN = [block for page in OWN for block in scripts_of(page)]
LINES = [line for page in OWN for block in blocks_of(page) if block.language in {"sh", "yaml"} for line in block.lines]
TOML = [block for name in ("budgets.md", "boards.md") for block in blocks_of(DOCS / name) if block.language == "toml"]
LANGUAGES = {"sh", "python", "text", "toml", "yaml", "cpp", "kotlin", "json", "cmake", "c"}
QUOTED = [block for block in RUN if said_after(block)]
PIP = sorted({line for page in PAGES for line in re.findall(r"pip install [^`\n]*", page.read_text(encoding="utf-8"))})


def test_blocks_are_found():
    assert len(RUN) >= 25
    assert len({str(block) for block in RUN}) == len(RUN)
    assert {block.page.name for block in RUN} >= {"README.md", "budgets.md", "troubleshooting.md"}
    assert len(QUOTED) >= 4


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_say_what_they_are_and_those_in_a_shell_s_language_are_sh(page):
    assert {block.language for block in blocks_of(page)} <= LANGUAGES


@pytest.mark.parametrize("page", RUN_BY)
def test_a_page_with_a_test_of_its_own_is_named_there(page):
    assert page in (ROOT / "tests" / RUN_BY[page]).read_text(encoding="utf-8")


def test_what_a_block_needs_is_what_it_does_not_make():
    text = "edgeface export --target tflite-int8,onnx-fp32\nedgeface bench out/a-onnx-fp32\n"
    assert Block(DOCS, "a", 1, "sh", "", text).needs == {"out/a-onnx-fp32"}
    text = "edgeface export a --weights w --target tflite-int8,onnx-fp32 --out pair\nedgeface x pair/a-onnx-fp32"
    assert Block(DOCS, "a", 1, "sh", "", text).needs == set()


def test_a_remark_states_the_exit_code():
    assert (command_of("a b  # exits 1: refused").line, command_of("a b  # exits 1: refused").exits) == ("a b", 1)
    assert command_of("a '# exits 1'").exits == 0


def test_a_quotation_is_held_against_the_output():
    assert not_said("one … three\nfour\n", "zero \x1b[1mone\x1b[0m two\n  three\nx four") == []
    assert not_said("three … one", "one two three") == ["one"]
    assert not_said("five", "four") == ["five"]


@pytest.mark.parametrize("command", sorted({line for line in LINES if line.startswith("make")}))
def test_make_knows_its_targets(command):
    subprocess.run([*command_of(command).line.split(), "-n"], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("command", PIP)
def test_what_pip_is_to_install_exists(command):
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in re.findall(r"(?:edgeface|\.)\[([\w,]+)\]", command):
        for extra in name.split(","):
            assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra
    for file in re.findall(r"-c (\S+\.txt)", command):
        assert (ROOT / file).is_file()


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
def commands(shared_data, shared_folder) -> Commands:
    """Runs the documentation's commands beside the files that they name."""
    from shared_exports import made_once

    memory = shared_folder / "page_commands"
    memory.mkdir(exist_ok=True)
    return Commands(made_once(shared_folder / "page_folder", lambda folder: fill(folder, shared_data)), memory)


@pytest.fixture(scope="session")
def ready():
    """The folder of an edgeface whose imports are done."""
    with tempfile.TemporaryDirectory() as folder, preloaded(Path(folder)) as programs:
        yield programs


@pytest.fixture(scope="session")
def earlier(commands, shared_export):
    """An artifact that an earlier block made, by its folder's name: small ones of the same networks."""

    def of(name: str) -> Path:
        model, target = name.split("-", 1)
        given = {"report": ReportOptions(latency=False)}
        if model == "retinaface_mnet025":
            given |= {"weights": commands.files / "my.pth", "input_size": (256, 256)}
            given |= {"calibration": commands.files / "photos"}
        else:
            given |= {"weights": commands.files / "recognizer.ckpt", "calibration": commands.files / "faces"}
            given["detector"] = of("retinaface_mnet025-onnx-fp32")
        targets = USUAL if target in USUAL else (target,)
        return shared_export(ExportRequest(model, targets, **given))[targets.index(target)].folder

    return of


@pytest.fixture
def place(commands, earlier, tmp_path):
    """Fill a folder with what a block needs."""

    def fill_for(block: Block) -> Path:
        commands.lay_out(tmp_path)
        needed = block.needs
        if re.search(r"edgeface report out/", block.text):
            needed |= {"out/retinaface_mnet025-tflite-int8", "out/retinaface_mnet025-onnx-fp32"}
        for name in sorted(needed):
            shutil.copytree(earlier(Path(name).name), tmp_path / name)
        if re.search(r"\bmodel\.onnx", block.text):
            (tmp_path / "model.onnx").symlink_to(earlier("mobilefacenet-onnx-fp32") / "model.onnx")
        return tmp_path

    return fill_for


def _with_marks(block: Block):
    emulated = any(re.search(r"--on a\d|edgeface predict", str(command)) for command in block.commands)
    marks = [pytest.mark.emulation] if emulated else []
    marks += [pytest.mark.hostile] if LONG & {name_of(block.page), str(block)} else []
    return pytest.param(block, id=str(block), marks=marks)


@pytest.mark.parametrize("block", [_with_marks(block) for block in RUN])
def test_a_block_does_what_its_page_says(block, place, commands, ready, request):
    if block.page != ROOT / "README.md":  # whose commands start as a reader's do
        commands = replace(commands, programs=ready)
    if request.node.get_closest_marker("emulation"):
        request.getfixturevalue("emulator")
    folder, printed = place(block), []
    for command in block.commands:
        ran = commands.run(command, folder)
        missing = next((word for part, word in NOT_HERE.items() if part in command.line), None)
        assert ran.code == (command.exits if missing is None else 2), f"{command}\n{ran.output[-2000:]}"
        assert missing is None or missing.lower() in ran.output.lower(), command
        assert ran.output or block.language != "python", command
        for written in written_by(command) if ran.code == 0 else ():
            check_written(folder / written)
        printed.append(ran.output)
    assert "report out/" not in block.text or (folder / "out" / "index.html").is_file()
    assert not_said(said_after(block) or "", "\n".join(printed)) == []


@pytest.mark.parametrize("block", [block for block in RUN if LONG & {name_of(block.page), str(block)}], ids=str)
def test_commands_of_long_blocks_are_understood(block):
    from edgeface.cli.app import program

    for command in block.commands:
        for line in re.split(r"[|>;&]", command.line) if block.language != "python" else ():
            if line.split()[:1] == ["edgeface"]:
                name, *words = shlex.split(line)[1:]
                program().commands[name].make_context(name, words)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_inline_commands_and_their_options_exist(page):
    from typer.main import get_command

    from edgeface.cli.app import app

    commands = get_command(app).commands
    known = {name: {option for p in command.params for option in p.opts} for name, command in commands.items()}
    for name, rest in re.findall(r"`edgeface ([a-z]+)([^`]*)`", without_blocks(page)):
        assert name in known, name
        assert {o.split("=")[0] for o in re.findall(r"--[a-z][a-z-]*", rest)} <= known[name] | {"--help"}, (name, rest)
