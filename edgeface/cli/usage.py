"""What is wrong with a command line, in our words: what, and what to type instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgeface.cli.help_text import argument_name, examples_of, value_kind
from edgeface.cli.meant import MEANT_COMMANDS, MEANT_OPTIONS, MODELS
from edgeface.errors import InputError, did_you_mean

_NEAR = 0.6
_WANTED = {"N": "this must be a whole number", "NUMBER": "this must be a number"}

Told = tuple[str, str]
"""What is wrong, and how to mend it, which may be empty."""


class UsageError(InputError):
    """A command line that is not usable."""


def refusal(told: Told, path: str, is_program: bool = True) -> UsageError:
    """The error for a command line, whose fix ends with the help to read.

    Args:
        told: what is wrong.
        path: the program's name, or with that of a command.
        is_program: whether there is no command in `path`.
    """
    what, fix = told
    more = f"`{path} --help` {'lists all commands' if is_program else 'shows its options'}"
    joint = " " if fix.endswith("?") else "; "
    return UsageError(what, fix=f"{fix}{joint}{more}" if fix else more)


@contextmanager
def usage_explained(program: Any, words: Sequence[str]) -> Iterator[None]:
    """Raise what typer finds wrong with a command line as a `UsageError`.

    Args:
        program: the command group.
        words: the command line; some errors do not say whose options they are about.

    Raises:
        UsageError: in place of typer's own error.
    """
    try:
        yield
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        named = next((word for word in words if not word.startswith("-")), "")
        command = program.commands.get(named, program) if context is None else context.command
        path = "edgeface" if command is program else f"edgeface {command.name}"
        tell = _TELLERS.get(type(error).__name__, _as_it_is)
        raise refusal(tell(error, command), path, command is program) from None


def meant_command(name: str, program: Any) -> Told:
    """What is wrong with a command's name, and which one may be meant."""
    what = f"there is no command {name!r}"
    if name.lower().endswith(MODELS) or Path(name).is_file():
        return f"{what}: it looks like a file", f"did you mean `edgeface export {name}`?"
    near = did_you_mean(name.lower(), program.commands, _NEAR).strip()
    meant = MEANT_COMMANDS.get(name.lower())
    return what, f"did you mean `edgeface {meant}`?" if meant in program.commands else near


def _no_option(error: Any, command: Any) -> Told:
    given = str(error.option_name)
    known = [name for each in command.params for name in each.opts if name.startswith("--")]
    meant = next((name for name in MEANT_OPTIONS.get(given, ()) if name in known), None)
    near = did_you_mean(given, known, _NEAR).strip() if meant is None else f"did you mean {meant}?"
    if hasattr(command, "commands"):
        return f"there is no option {given} in front of a command", near or "options stand behind the command"
    if not near and given in {"--model", "--artifact", "--image"}:
        near = "write its path without an option"
    return f"{command.name} has no option {given}", near


def _missing(error: Any, command: Any) -> Told:
    parameter = error.param
    if parameter is None:
        return _as_it_is(error, command)
    text = (parameter.help or "").rstrip(".")
    said = f": {text[:1].lower()}{text[1:]}" if text else ""
    example = next(iter(examples_of(command.callback)), "")
    return f"{_name(parameter)} is missing{said}", f"e.g. `{example}`" if example else ""


def _bad_value(error: Any, command: Any) -> Told:
    parameter = error.param
    if parameter is None:
        return _as_it_is(error, command)
    said = str(error.message).rstrip(".")
    if "valid" in said:  # it is of another kind, not out of a range
        said = _WANTED.get(value_kind(command, parameter), said)
    return f"{_name(parameter)}: {said}", (parameter.help or "").rstrip(".")


def _option_value(error: Any, command: Any) -> Told:
    name = str(error.option_name)
    parameter = next((each for each in command.params if name in (*each.opts, *each.secondary_opts)), None)
    if parameter is None or parameter.is_flag:
        return f"{name} takes no value", f"write {name} alone"
    return f"{name} needs a value", (parameter.help or "").rstrip(".")


def _as_it_is(error: Any, command: Any) -> Told:
    message = str(error.format_message()).rstrip(".")
    if type(error).__name__ == "NoArgsIsHelpError" or message.startswith("Missing command"):
        return "there is no command", "name one, e.g. `edgeface export`"
    if message.startswith("Got unexpected extra argument"):
        extra = message.rpartition("(")[2].rstrip(")")
        return f"{command.name} does not take {extra!r}", _place_of(extra, command)
    return message[:1].lower() + message[1:], ""


def _place_of(word: str, command: Any) -> str:
    """The option that a word belongs to, as far as the word tells it."""
    options = {name for each in command.params for name in each.opts}
    for option in ("--artifact", "--recognizer", "--detector") if (Path(word) / "manifest.json").is_file() else ():
        if option in options:
            return f"an artifact is passed with its option: {option} {word}"
    return "leave it out, or put the name of its option in front of it"


def _name(parameter: Any) -> str:
    return str(parameter.opts[0]) if parameter.param_type_name == "option" else argument_name(parameter)


_TELLERS = {
    "NoSuchOption": _no_option,
    "MissingParameter": _missing,
    "BadParameter": _bad_value,
    "BadOptionUsage": _option_value,
}
