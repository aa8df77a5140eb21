"""Deprecated option names, which work for one more release and print the new name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

RENAMED = {
    "--colour": "--color",
    "--recogniser": "--recognizer",
    "--pictures": "--images",
    "--no-pictures": "--no-images",
}


def modern(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line with current option names, and a note for each deprecated one."""
    notes: dict[str, None] = {}
    return list(_renamed(arguments, notes)), list(notes)


def _renamed(arguments: Sequence[str], notes: dict[str, None]) -> Iterator[str]:
    for number, word in enumerate(arguments):
        if word == "--":
            yield from arguments[number:]
            return
        option, equals, value = word.partition("=")
        if option in RENAMED:
            notes[f"{option} is deprecated and will be removed in the next release: use {RENAMED[option]}"] = None
        yield RENAMED.get(option, option) + equals + value
