"""Answers to shells that request completion by an environment variable."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

FILES, ONLY = "files", "only"
_BREAKS = "=:"


def answer_shell(shell: str, given: Sequence[str]) -> None:
    """Print whether a path fits ("files" or "only"), then each fitting word on a separate line.

    zsh and fish pass the words, the last one up to the cursor, and get each word with a tab and its description.
    bash passes its line up to the cursor: it splits words at = and : itself, and inserts only the part after the last.
    """
    from edgeface.cli.app import program
    from edgeface.cli.completion.complete import complete

    words = _split(given[0]) if shell == "bash" and given else list(given)
    answer = complete(program(), words)
    print(FILES if answer.files else ONLY)
    breaks = os.environ.get("_EDGEFACE_BREAKS", _BREAKS)
    for word, meaning in answer.words:
        if shell == "bash":
            print(word[_broken_off(words[-1], breaks) :])
        else:
            print(f"{word}\t{meaning}" if meaning else word)


def _split(line: str) -> list[str]:
    """A line's words after the program's name; the last is the one at the cursor, "" after a space."""
    for closed in ("", '"', "'"):  # the cursor may be within quotes
        try:
            words = shlex.split(line + closed)
        except ValueError:
            continue
        ended = not closed and line[-1:].isspace() and line[-2:-1] != "\\"
        return [*words[1:], ""] if ended or len(words) < 2 else words[1:]
    return line.split()[1:] or [""]


def _broken_off(word: str, breaks: str) -> int:
    """The number of a word's leading characters that bash treats as separate words."""
    return max((word.rfind(each) + 1 for each in _BREAKS if each in breaks), default=0)
