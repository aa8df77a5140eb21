"""The programs of an unpacked bundle: `./face` and `./verify`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from edgeface.bundle.face_runner.answer import answer
from edgeface.bundle.face_runner.errors import Refused, RunnerError
from edgeface.bundle.face_runner.open_network import model_runtime
from edgeface.bundle.face_runner.pipeline import FaceRunner, read_folder_settings
from edgeface.bundle.face_runner.placement import pin
from edgeface.bundle.face_runner.runtime_advice import note_on
from edgeface.bundle.face_runner.service import serve
from edgeface.bundle.face_runner.verification import verify_files
from edgeface.core.visible import visible_lines
from edgeface.errors import EdgefaceError

BAD_INPUT, REFUSED = 2, 1
_ONLY_INSIDE = (
    "this check came with the bundle: it finds damage, but cannot vouch for the bundle; "
    "check it with minisign or `edgeface verify`, and a key from elsewhere (README.md)"
)


def verify_main(folder: Path, arguments: list[str]) -> int:
    """`./verify [--key PUB] [--no-golden]`: exit code 0 if files and golden values are intact, else 1.

    It is a check for damage: a forged bundle brings a forged `verify`.
    """
    description = "Is this bundle undamaged, and does this machine compute what the packing one did?"
    parser = argparse.ArgumentParser(prog="verify", description=description, epilog=_ONLY_INSIDE)
    parser.add_argument("--key", type=Path, help="minisign public key that must have signed the bundle")
    parser.add_argument("--no-golden", action="store_true", help="check files only, run nothing")
    options = parser.parse_args(arguments)
    return _reported(lambda: _verify(folder, options))


def face_main(folder: Path, arguments: list[str]) -> int:
    """`./face detect|embed|compare|serve …`: one JSON document on stdout."""
    parser = argparse.ArgumentParser(prog="face", description="Find and compare faces; JSON on stdout.")
    parser.add_argument("--threads", type=int, help="threads inside one operator; the device's by default")
    parser.add_argument("--no-pin", action="store_true", help="leave the choice of cores to the system")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, count in (("detect", "+"), ("embed", "+"), ("compare", 2)):
        commands.add_parser(name).add_argument("images", type=Path, nargs=count)
    service = commands.add_parser("serve", help="answer JSON lines on a Unix socket")
    service.add_argument("--socket", type=Path, required=True)
    options = parser.parse_args(arguments)
    return _reported(lambda: _face(folder, options))


def _face(folder: Path, options: argparse.Namespace) -> int:
    if options.threads is not None and options.threads < 1:
        raise RunnerError(f"{options.threads} threads cannot run anything", fix="use 1 or more threads")
    if not options.no_pin:  # before a runtime starts its threads, which inherit the cores of the one that starts them
        print(pin(read_folder_settings(folder)["device"]), file=sys.stderr)
    runner = FaceRunner.open(folder, options.threads)
    note = note_on(runner.settings, model_runtime(runner.settings["detector"]["model"]))
    if note is not None:
        print(visible_lines(f"note: {note}"), file=sys.stderr)
    if options.command == "serve":
        serve(runner, options.socket)
    else:
        print(json.dumps(answer(runner, options.command, options.images)))
    return 0


def _verify(folder: Path, options: argparse.Namespace) -> int:
    from edgeface.bundle.face_runner.integrity import read_folder

    report = verify_files(read_folder(folder), options.key, golden=not options.no_golden)
    print(visible_lines("\n".join(report.lines())))
    print(_ONLY_INSIDE, file=sys.stderr)
    return 0 if report.passed else REFUSED


def _reported(run: Callable[[], int]) -> int:
    try:
        return run()
    except Refused as error:
        print(visible_lines(f"refused: {error}"), file=sys.stderr)
        return REFUSED
    except EdgefaceError as error:
        print(visible_lines(f"error: {error}"), file=sys.stderr)
        return BAD_INPUT
