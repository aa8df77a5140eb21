"""The program: global options, and every command by name.

Command modules import nothing heavy themselves; what a command needs is imported when it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import typer

from edgeface.cli.analyze import analyze
from edgeface.cli.bench import bench
from edgeface.cli.benchmark import benchmark
from edgeface.cli.budgets import budgets
from edgeface.cli.bundle import bundle
from edgeface.cli.calibrate import calibrate
from edgeface.cli.check import check
from edgeface.cli.commands import Command, Program
from edgeface.cli.compare import compare
from edgeface.cli.completion.command import completion
from edgeface.cli.contract import contract
from edgeface.cli.demo import demo
from edgeface.cli.detect import detect
from edgeface.cli.doctor import doctor
from edgeface.cli.embed import embed
from edgeface.cli.evaluate import evaluate
from edgeface.cli.export import export
from edgeface.cli.gallery import gallery
from edgeface.cli.help import show_help
from edgeface.cli.identify import identify
from edgeface.cli.keygen import keygen
from edgeface.cli.models import models
from edgeface.cli.parity import parity
from edgeface.cli.predict import predict
from edgeface.cli.recipe import recipe
from edgeface.cli.report import report
from edgeface.cli.schema import schema
from edgeface.cli.targets import targets
from edgeface.cli.verify import verify
from edgeface.core import progress
from edgeface.version import __version__

_HELP = {"help_option_names": ["-h", "--help"]}
"""Each command's own too: it keeps those of the first context that asks, which need not be the program's."""

app = typer.Typer(
    cls=Program,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=_HELP,
)
GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Make": (export, demo, contract, recipe, calibrate),
    "Judge": (analyze, check, parity, bench, benchmark, predict, report),
    "Use": (detect, embed, compare, identify, gallery),
    "Ship": (bundle, verify, keygen),
    "Look up": (models, targets, budgets, schema, doctor, completion),
}
COMMANDS = tuple(command for group in GROUPS.values() for command in group)
EXAMPLES = (
    "edgeface demo",
    "edgeface export my.pth --target tflite-int8 --calibration photos",
    "edgeface help export",
)
_NAMED: dict[str, tuple[Callable[..., None], str]] = {"eval": (evaluate, "Judge"), "help": (show_help, "Look up")}
for title, group in GROUPS.items():
    for command in group:
        app.command(cls=Command, rich_help_panel=title, context_settings=_HELP)(command)
    for name, (function, place) in _NAMED.items():
        if place == title:
            app.command(name, cls=Command, rich_help_panel=title, context_settings=_HELP)(function)


@cache
def program() -> Any:
    """The program as typer parses and runs it."""
    return typer.main.get_command(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"edgeface {__version__}")
        raise typer.Exit


@app.callback()
def edgeface(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Compile face models for edge devices, and validate the result.

    Exit codes: 0 done, 1 a gate was not met, 2 bad input. Every command takes --json.
    """
    progress.show(not quiet)
