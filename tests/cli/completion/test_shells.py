"""Scripts in the shells themselves, which are asked as a person at a keyboard asks them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

HEAVY = ("numpy", "torch", "onnx", "onnxruntime", "ai_edge_litert", "cv2", "pydantic", "rich")
PATIENCE_S = 60
START = {
    "bash": ("bash --norc --noprofile -i", "source ./script"),
    "zsh": ("zsh -f -i", "autoload -Uz compinit; compinit -D; source ./script"),
    "fish": ("fish --no-config -i", "source ./script"),
}
LINES = {
    r"edgeface expo\t--targ\ttensorrt-fp3\t": "[export][--target][tensorrt-fp32]",
    r"edgeface check mobilefacenet:m\t": "[check][mobilefacenet:mbf]",
    r"edgeface parity --on=rk33\t": "[parity][--on=rk3399]",
    r"edgeface check odd\t": "[check][odd model.onnx]",
}
# In place of edgeface: passes questions on to it, and prints what a person's command line has become.
PROGRAM = f"""#!/bin/sh
if [ -n "$_EDGEFACE_COMPLETE" ]; then exec {sys.executable} -m edgeface "$@"; fi
printf 'given:'; printf '[%s]' "$@"; echo .
"""


def script(shell):
    ran = subprocess.run([sys.executable, "-m", "edgeface", "completion", shell], capture_output=True, check=True)
    return ran.stdout


@pytest.fixture
def home(tmp_path):
    program = tmp_path / "bin" / "edgeface"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    (tmp_path / "odd model.onnx").write_text("")
    return tmp_path


@contextmanager
def terminal(command, home):
    environment = {
        "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
    }
    spawn = [sys.executable, "-c", f"import pty; pty.spawn({command.split()!r})"]
    shell = subprocess.Popen(spawn, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=home, env=environment)
    try:
        yield shell
    finally:
        shell.kill()
        shell.communicate()


def read_until(shell, pattern):
    """What the terminal shows, up to a pattern; all of it where that does not come."""
    os.set_blocking(shell.stdout.fileno(), False)
    shown, until = b"", time.monotonic() + PATIENCE_S
    while not re.search(pattern, shown) and time.monotonic() < until:
        shown += shell.stdout.read() or b""
        time.sleep(0.05)
    return shown.decode(errors="replace")


def typed(shell, text):
    shell.stdin.write(text.encode())
    shell.stdin.flush()


@pytest.mark.parametrize("shell", START)
def test_typed_words_are_completed_in_real_shells(shell, home):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    command, load = START[shell]
    (home / "script").write_bytes(script(shell))
    with terminal(command, home) as running:
        typed(running, f"{load}; echo LOA''DED\n")
        assert "LOADED" in read_until(running, rb"LOADED\r")
        for keys, given in LINES.items():
            typed(running, keys.replace(r"\t", "\t") + "\n")
            assert f"given:{given}." in read_until(running, rb"given:.*\.\r")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_have_no_syntax_errors(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    file = tmp_path / "script"
    file.write_bytes(script(shell))
    ran = subprocess.run([shell, "-n", file], capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_an_answer_imports_nothing_heavy(shell):
    given = ["edgeface export --target tfl"] if shell == "bash" else ["export", "--target", "tfl"]
    code = (
        "import sys\nfrom edgeface.cli.completion.answer import answer_shell\n"
        f"answer_shell({shell!r}, {given!r}); print([name for name in {HEAVY} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["only", "tflite-dynamic", "tflite-fp16", "tflite-fp32", "tflite-int8", "[]"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("edgeface check 'retina", ["files", "retinaface_mnet025"]),
        ('edgeface check "retina', ["files", "retinaface_mnet025"]),
        ("edgeface check a\\ b.onnx retina", ["files", "retinaface_mnet025"]),
        ("edgeface targets ", ["only"]),
        ("edgeface", ["only"]),
    ],
)
def test_a_line_is_split_as_bash_does(line, answer, capsys):
    from edgeface.cli.completion.answer import answer_shell

    answer_shell("bash", [line])
    assert capsys.readouterr().out.splitlines()[: len(answer)] == answer


def test_bash_that_keeps_colons_gets_whole_words(capsys, monkeypatch):
    from edgeface.cli.completion.answer import answer_shell

    answer_shell("bash", ["edgeface check mobilefacenet:m"])
    assert capsys.readouterr().out == "files\nmbf\n"
    monkeypatch.setenv("_EDGEFACE_BREAKS", " \t\n=")
    answer_shell("bash", ["edgeface check mobilefacenet:m"])
    assert capsys.readouterr().out == "files\nmobilefacenet:mbf\n"
