"""The words of a command line, put where typer expects them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

_QUIET = frozenset(("-q", "--quiet"))
_JSON = "--json"


def arranged(arguments: Sequence[str], program: Any) -> list[str]:
    """The same command line with -q and --json where they are read, whatever place they were typed at.

    "version" in place of a command means --version, "help" behind a command means its --help.

    Args:
        arguments: the words after the program's name.
        program: the command group.
    """
    words, flags = list[str](), set[str]()
    command, at, pending = None, 0, False
    for number, word in enumerate(arguments):
        if pending:
            pending = False
        elif word == "--":
            words += arguments[number:]
            break
        elif word in _QUIET or (word == _JSON and command is None):
            flags.add("--quiet" if word in _QUIET else word)
            continue
        elif word.startswith("-") and len(word) > 1:
            pending = _takes_value(command or program, word)
        elif command is None:
            command, at = program.commands.get(word), len(words)
            if command is None:  # an unknown one: what follows cannot be read
                words += [each for each in arguments[number:] if each not in _QUIET]
                break
        words.append(word)
    if command is not None:
        words[at + 1 :] = _with_help(words[at + 1 :])
        words[at + 1 : at + 1] = flags & {_JSON}
    elif words == ["version"]:
        words = ["--version"]
    return [*(flags & {"--quiet"}), *words]


def _takes_value(command: Any, option: str) -> bool:
    """Whether the word after an option is its value."""
    found = next((each for each in command.params if option in (*each.opts, *each.secondary_opts)), None)
    return found is not None and found.param_type_name == "option" and not found.is_flag


def _with_help(words: Sequence[str]) -> list[str]:
    """A command's words, of which "help" alone asks for help, unless there is a file of that name."""
    return ["--help"] if list(words) == ["help"] and not Path("help").exists() else list(words)
