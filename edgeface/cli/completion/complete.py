"""Completion candidates at the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from edgeface.cli.completion.known import LISTS, OF_ARGUMENTS, OF_COMMANDS, OF_OPTIONS, OR_FILES

_HELP_WIDTH = 60


@dataclass(frozen=True)
class Answer:
    """Fitting words, each with its description or "", and whether a path fits as well."""

    words: tuple[tuple[str, str], ...] = ()
    files: bool = False


@dataclass
class _Line:
    """The parsed part of a command line up to the cursor."""

    command: Any
    name: str = ""
    pending: Any = None
    positions: int = 0
    only_arguments: bool = False


def complete(program: Any, words: Sequence[str]) -> Answer:
    """The answer for the last word of a command line, which may be empty.

    Args:
        program: the command group, from `typer.main.get_command`.
        words: the words after the program's name, without quotes.
    """
    *before, current = words or [""]
    line = _Line(program)
    for word in before:
        if line.command is not None:
            _read(line, word)
    if line.command is None:  # no command has this name
        return Answer()
    if line.pending is not None:
        return _values_of(line, line.pending, before, current)
    if current.startswith("-") and not line.only_arguments:
        return _of_option(line, before, current)
    if not line.name:
        commands = program.commands.items()
        return _fitting([(name, each.get_short_help_str(_HELP_WIDTH)) for name, each in commands], current)
    if line.name == "help":
        return _fitting([(name, "") for name in program.commands], current)
    argument = _argument(line)
    return Answer() if argument is None else _values_of(line, argument, before, current)


def _of_option(line: _Line, before: Sequence[str], current: str) -> Answer:
    """Candidates for an option's name, or for its value after an equals sign."""
    option, equals, part = current.partition("=")
    if not equals:
        return _fitting(_options(line.command, before), current)
    found = _option(line.command, option)
    answer = Answer() if found is None or found.is_flag else _values_of(line, found, before, part)
    return Answer(tuple((f"{option}={word}", meaning) for word, meaning in answer.words), answer.files)


def _read(line: _Line, word: str) -> None:
    """Parse a word before the cursor."""
    if line.pending is not None:
        line.pending = None
    elif word == "--" and not line.only_arguments:
        line.only_arguments = True
    elif word.startswith("-") and len(word) > 1 and not line.only_arguments:
        found = _option(line.command, word)
        line.pending = None if found is None or found.is_flag else found
    elif not line.name:
        line.name, line.command = word, line.command.commands.get(word)
    else:
        line.positions += 1


def _option(command: Any, name: str) -> Any:
    return next((each for each in command.params if name in (*each.opts, *each.secondary_opts)), None)


def _options(command: Any, before: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Options that are not given yet or may be repeated."""
    given = {word.partition("=")[0] for word in before}
    for each in command.params:
        names = (*each.opts, *each.secondary_opts)
        if each.param_type_name == "option" and (each.multiple or given.isdisjoint(names)):
            yield from ((name, each.help or "") for name in names if name.startswith("--"))
    if given.isdisjoint(("-q", "--quiet")) and command.callback.__name__ != "edgeface":
        yield "--quiet", "No progress on stderr."
    yield "--help", "Show this message and exit."


def _argument(line: _Line) -> Any:
    """The argument at this position; the last one takes all further words if it takes several."""
    arguments = [each for each in line.command.params if each.param_type_name == "argument"]
    if line.positions < len(arguments):
        return arguments[line.positions]
    return arguments[-1] if arguments and arguments[-1].nargs == -1 else None


def _values_of(line: _Line, parameter: Any, before: Sequence[str], part: str) -> Answer:
    """Values of an option or argument that begin with the typed part."""
    if parameter.param_type_name == "argument":
        name, known = parameter.name, OF_ARGUMENTS.get((line.name, parameter.name))
    else:
        name = next(each for each in parameter.opts if each.startswith("--"))
        known = OF_COMMANDS.get((line.name, name), OF_OPTIONS.get(name))
    files = name in OR_FILES or (known is None and _takes_path(line.command, parameter.name))
    if known is None:
        return Answer(files=files)
    head, comma, tail = part.rpartition(",") if name in LISTS else ("", "", part)
    given = {*head.split(","), *(_given(name, before) if name in LISTS else ())}
    values = [(f"{head}{comma}{value}", "") for value in known(before) if value not in given]
    return Answer(_fitting(values, f"{head}{comma}{tail}").words, files)


def _given(option: str, before: Sequence[str]) -> Iterator[str]:
    """What an option that may be repeated was given already."""
    for number, word in enumerate(before):
        name, equals, value = word.partition("=")
        if name == option:
            yield from (value if equals else "".join(before[number + 1 : number + 2])).split(",")


def _takes_path(command: Any, name: str) -> bool:
    """Whether a parameter's type is a path or several; typer's information on that is not public."""
    hint = get_type_hints(command.callback).get(name)
    return hint is Path or Path in getattr(hint, "__args__", ())


def _fitting(words: Iterable[tuple[str, str]], part: str) -> Answer:
    return Answer(tuple((word, meaning) for word, meaning in words if word.startswith(part)))
