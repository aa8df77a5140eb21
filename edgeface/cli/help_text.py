"""Help as text: options in groups, examples at the end, no wider than the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_type_hints

from edgeface.core.style import styled
from edgeface.core.terminal import columns
from edgeface.core.wrapping import display_width, filled, wrapped

WIDEST = 100
EVERY = "Every command"
_NAMES = 26
"""Columns of an option's name; help of a longer one starts below it."""
_KINDS = {Path: "PATH", int: "N", float: "NUMBER", str: "TEXT"}

Row = tuple[str, str]


def program_help(program: Any, names: str) -> str:
    """The help of the program: what it is, its commands in groups, and its own options."""
    groups: dict[str, list[Row]] = {}
    for name, command in program.commands.items():
        groups.setdefault(command.rich_help_panel or "Commands", []).append((name, first_sentence(command.help)))
    options = [_option(each) for each in program.params]
    parts = [
        f"Usage: {names} COMMAND [OPTIONS]",
        *_prose(program.help),
        *(_section(title, rows, 12) for title, rows in groups.items()),
        _section("Options", [*options, _HELP]),
        *_examples(examples_of(program.callback)),
    ]
    return "\n\n".join(parts)


def command_help(command: Any, names: str) -> str:
    """The help of a command: what it does, its arguments, its options in groups, and examples."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    groups: dict[str, list[Row]] = {}
    for each in command.params:
        if each.param_type_name == "option" and not each.hidden and each.name != "json_output":
            groups.setdefault(each.rich_help_panel or "Options", []).append(_option(each, value_kind(command, each)))
    usage = " ".join([f"Usage: {names}", *map(_usage, arguments), "[OPTIONS]"])
    shared = [("--json", "One JSON document on stdout."), ("-q, --quiet", "No progress on stderr."), _HELP]
    parts = [
        "\n".join(wrapped(usage, _width(), "  ")),
        *_prose(command.help),
        *([_section("Arguments", [(argument_name(each), each.help or "") for each in arguments])] if arguments else []),
        *(_section(title, rows) for title, rows in groups.items()),
        _section(EVERY, shared),
        *_examples(examples_of(command.callback)),
    ]
    return "\n\n".join(parts)


def examples_of(function: Any) -> tuple[str, ...]:
    """The command lines that a command's module shows as its `EXAMPLES`."""
    return tuple(getattr(sys.modules[function.__module__], "EXAMPLES", ()))


def first_sentence(text: str | None) -> str:
    """The first paragraph of a docstring's summary, on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def argument_name(parameter: Any) -> str:
    """An argument's name in usage and errors, e.g. MODEL."""
    return str(parameter.metavar or parameter.name.upper().rstrip("_")).removesuffix("...")


_HELP: Row = ("-h, --help", "Show this message and exit.")


def _usage(parameter: Any) -> str:
    name = argument_name(parameter) + ("..." if parameter.nargs == -1 else "")
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any, kind: str = "") -> Row:
    """An option's names with the kind of its value, and its help with its default."""
    short = [name for name in parameter.opts if not name.startswith("--")]
    long = next(name for name in parameter.opts if name.startswith("--"))
    if parameter.is_flag and parameter.default is True:
        return f"--[no-]{long[2:]}", f"{parameter.help} (default: on)"
    names = ", ".join([*short, long])
    if parameter.is_flag:
        return names, parameter.help or ""
    default = parameter.default
    shown = "" if default is None or callable(default) or default in ("", ()) else f" (default: {default})"
    needed = " (required)" if parameter.required else ""
    return f"{names} {parameter.metavar or kind}", f"{parameter.help or ''}{shown}{needed}"


@cache
def _hints(function: Any) -> dict[str, Any]:
    return get_type_hints(function)


def value_kind(command: Any, parameter: Any) -> str:
    """The word for a parameter's values, from its annotation: typer's information on that is not public."""
    hint = _hints(command.callback).get(parameter.name)
    found = [hint, *get_args(hint), *(inner for each in get_args(hint) for inner in get_args(each))]
    return next((_KINDS[each] for each in found if each in _KINDS), "TEXT")


def _section(title: str, rows: Sequence[Row], names: int = _NAMES) -> str:
    return "\n".join([styled(f"{title}:", "strong"), *_rows(rows, names)])


def _rows(rows: Iterable[Row], most: int) -> Iterator[str]:
    listed = list(rows)
    fitting = [display_width(name) for name, _ in listed if display_width(name) <= most]
    start = 2 + max(fitting, default=0) + 2
    for name, text in listed:
        if display_width(name) > most:
            yield f"  {name}"
            name = ""  # noqa: PLW2901
        lines = wrapped(text, _width() - start)
        for at, line in enumerate(lines):
            yield f"  {name if not at else '':{start - 4}}  {line}".rstrip()


def _prose(text: str | None) -> Iterator[str]:
    for paragraph in (text or "").strip().split("\n\n"):
        yield "\n".join(wrapped("  " + " ".join(paragraph.split()), _width(), "  "))


def _examples(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "\n".join([styled("Examples:", "strong"), *(line for each in lines for line in command_lines(each))])


def command_lines(line: str, indent: str = "  ") -> list[str]:
    """A command line as lines that a shell reads as one: each but the last ends in a backslash."""
    parts = list[str]()
    for word in line.split(" "):
        is_value = parts and parts[-1].startswith("-") and " " not in parts[-1] and not word.startswith("-")
        parts[len(parts) - bool(is_value) :] = [f"{parts[-1]} {word}" if is_value else word]
    found = filled(parts, _width() - 2, indent, f"{indent}    ")
    return [f"{each} \\" for each in found[:-1]] + found[-1:]


def _width() -> int:
    return min(columns(sys.stdout), WIDEST)
