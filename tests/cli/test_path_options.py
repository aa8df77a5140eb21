"""Every path that any command reads, given what is no file: refused at once, and nothing is read without end."""

from __future__ import annotations

import inspect
import os
import resource
import signal
import socket
from typing import get_type_hints

import onnxruntime  # noqa: F401  # before memory is measured
import pytest
import torch  # noqa: F401

from edgeface.cli.app import COMMANDS
from edgeface.cli.evaluate import evaluate

FOUND = {**{command.__name__: command for command in COMMANDS}, "eval": evaluate}
WRITTEN = {"out", "save_statistics", "save_recipe", "refused_report"}
SKIPPED = {"export", "benchmark", "demo"}
"""Export has a test of its own, and benchmark takes its request: some paths are read only after minutes of work."""
VALUES = {"target": "onnx-fp32", "device": "rk3399", "budget": "lfr-light", "action": "info"}
COMPOSES = {"analyze"}
"""What composes images for its sample weights, which takes seconds; of a seeded network it draws them."""
UNREAD = {"cache"}
"""Where nothing has to be: it is written."""
LIMIT_MB, HANGS_S = 300.0, 120


def parameters(command):
    """(name, whether it is a path, whether it is required, how it is given) for every parameter of a command."""
    hints, plain = get_type_hints(command, include_extras=True), get_type_hints(command)
    for name, parameter in inspect.signature(command).parameters.items():
        info = next((each for each in getattr(hints[name], "__metadata__", ()) if hasattr(each, "param_decls")), None)
        if info is None:  # of a shared type
            continue
        decls = [info.default, *(info.param_decls or ())]  # in an Annotated type, the first one is taken for a default
        option = next((each for each in decls if str(each).startswith("--")), f"--{name.replace('_', '-')}")
        given = () if type(info).__name__ == "ArgumentInfo" else (option,)
        yield name, "Path" in str(plain[name]), parameter.default is inspect.Parameter.empty, given


def path_options():
    """(command, option) for every path that is read, from the commands themselves."""
    for name, command in sorted(FOUND.items()):
        yield from ((name, each) for each, is_path, _, _ in parameters(command) if is_path and each not in WRITTEN)


def words(command, option, path):
    """The command line with a path for an option, and the same for every required path."""
    for name, is_path, required, given in parameters(FOUND[command]):
        if is_path and (name == option or required):
            yield from (*given, path)
        elif required:
            yield from (*given, VALUES.get(name, "1"))
    if command in COMPOSES:
        yield from ("--seed", "1", "--input", "64x96")


@pytest.fixture(autouse=True)
def hanging():
    """End a test that waits for something, which a timeout of its own would not."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it hangs"))
    signal.alarm(HANGS_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def special(folder, kind, suffix):
    path = folder / f"{kind}{suffix}"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
    elif kind == "sparse":
        with path.open("wb") as stream:
            stream.truncate(1 << 40)
    elif kind == "zeros":
        with path.open("wb") as stream:
            stream.truncate(700 << 20)  # more than twice of LIMIT_MB, less than any format allows
    return path


@pytest.mark.parametrize(("command", "option"), [case for case in path_options() if case[0] not in SKIPPED])
def test_whatever_leads_to_nothing_is_the_first_thing_said(edgeface_cli, tmp_path, monkeypatch, command, option):
    monkeypatch.chdir(tmp_path)
    ended = edgeface_cli(command, *words(command, option, "nowhere/nothing"))
    assert ended.code in {1, 2}, ended.out
    first = ended.err
    assert first.startswith("error: "), first  # no stage began before
    assert "nowhere" in first or option in UNREAD
    assert any(said in first for said in ("there is no such", "do not exist", "neither")) or option in UNREAD
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["pipe", "device", "zeros"])
@pytest.mark.parametrize(("command", "option"), [case for case in path_options() if case[0] not in SKIPPED])
def test_no_path_option_hangs_or_reads_without_end(edgeface_cli, tmp_path, monkeypatch, command, option, kind):
    monkeypatch.chdir(tmp_path)
    for suffix in (".onnx", ".tflite") if command in {"check", "bench"} else ("",):
        path = special(tmp_path, kind, suffix)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ended = edgeface_cli(command, *words(command, option, path))
        assert ended.code in {1, 2}, ended.out + ended.err
        assert "Traceback" not in ended.err
        assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < LIMIT_MB


@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "sparse", "zeros"])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".onnx", ".toml"])
def test_no_option_of_an_export_hangs(edgeface_cli, tmp_path, kind, suffix):
    path = special(tmp_path, kind, suffix)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model, contract = tmp_path / "m.onnx", tmp_path / "contract.toml"
    model.write_bytes(b"")
    contract.write_text(
        'task = "recognition"\nwidth = 8\n[input]\nheight = 64\nwidth = 64\ncolor = "bgr"\nmean = [0, 0, 0]\n'
    )
    option = {
        ".onnx": (path, "--contract", contract),
        ".toml": (model, "--contract", path),
    }.get(suffix, ("--weights", path, "--variant", "official"))
    ended = edgeface_cli("export", *option, "--target", "onnx-fp32", "--out", tmp_path / "out")
    assert ended.code == 2, ended.out + ended.err
    assert "Traceback" not in ended.err
    assert path.name in ended.err or kind == "device"
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < LIMIT_MB
