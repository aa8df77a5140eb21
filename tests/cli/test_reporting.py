from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from edgeface.cli.reporting import print_json
from edgeface.errors import GateError, InputError


def raising(error: BaseException):
    def action() -> object:
        raise error

    return action


def test_an_error_is_what_where_and_fix_on_stderr(edgeface_cli, replace_command):
    replace_command(raising(InputError("no such thing", where="here", fix="do that")))
    ended = edgeface_cli("models")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: no such thing\n  where: here\n  fix:   do that\n"


def test_an_error_is_one_document_with_json(edgeface_cli, replace_command):
    replace_command(raising(InputError("no such thing", where="here", fix="do that")))
    ended = edgeface_cli("models", "--json")
    assert ended.code == 2
    assert ended.document == {
        "error": {"error": "InputError", "what": "no such thing", "where": "here", "fix": "do that"}
    }


def test_an_unmet_gate_exits_1(edgeface_cli, replace_command):
    replace_command(raising(GateError("too few faces")))
    assert edgeface_cli("models").code == 1


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/model.onnx"), 2, "free some space"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "out"), 2, "where: out"),
        (MemoryError(), 2, "memory"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_system_errors_print_no_traceback(edgeface_cli, replace_command, error, code, says):
    replace_command(raising(error))
    ended = edgeface_cli("models")
    assert ended.code == code
    assert says in ended.err
    assert "Traceback" not in ended.err


def test_a_defect_differs_from_a_gate_and_keeps_its_traceback(edgeface_cli, replace_command):
    replace_command(raising(ZeroDivisionError("division by zero")))
    ended = edgeface_cli("models", "--json")
    assert ended.code == 70
    assert "Traceback" in ended.err
    assert "ZeroDivisionError" in ended.document["error"]["what"]


def test_a_closed_pipe_prints_no_error(edgeface_cli, replace_command):
    replace_command(raising(BrokenPipeError()))
    ended = edgeface_cli("models")
    assert (ended.code, ended.err) == (141, "")


@pytest.mark.parametrize("arguments", [["bench"], ["models", "--color"], ["nonsense"], ["bench", "a", "--rounds", "x"]])
def test_a_wrong_command_line_exits_2_and_says_why(edgeface_cli, arguments):
    plain, with_json = edgeface_cli(*arguments), edgeface_cli(*arguments, "--json")
    assert (plain.code, plain.out) == (2, "")
    error = with_json.document["error"]
    assert with_json.code == 2
    assert error["error"] == "UsageError"
    assert plain.err == f"error: {error['what']}\n  fix:   {error['fix']}\n"
    assert "--help` " in error["fix"]


def test_numbers_that_json_lacks_become_null(capsys):
    print_json({"psnr": float("inf"), "all": [1.5, float("nan")], "texts": ("é",)})
    assert (
        capsys.readouterr().out
        == '{\n  "psnr": null,\n  "all": [\n    1.5,\n    null\n  ],\n  "texts": [\n    "é"\n  ]\n}\n'
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")  # noqa: PTH110
def test_a_full_disk_under_stdout_exits_2():
    with open("/dev/full", "w") as full:  # noqa: PTH123
        ended = subprocess.run(
            [sys.executable, "-m", "edgeface", "models"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: no space left")
    assert "Exception ignored" not in ended.stderr


def test_a_closed_stdout_is_tolerated():
    ended = subprocess.run(
        ["sh", "-c", f"exec '{sys.executable}' -m edgeface models >&-"], stderr=subprocess.PIPE, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
