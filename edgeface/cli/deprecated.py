"""Old spellings of options, which work for one release more and say what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

RENAMED = {
    "--colour": "--color",
    "--recogniser": "--recognizer",
    "--pictures": "--images",
    "--no-pictures": "--no-images",
}


def modern(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line with today's names of options, and a note for each old one that stood there."""
    notes: dict[str, None] = {}
    return list(_renamed(arguments, notes)), list(notes)


def _renamed(arguments: Sequence[str], notes: dict[str, None]) -> Iterator[str]:
    for number, word in enumerate(arguments):
        if word == "--":
            yield from arguments[number:]
            return
        option, equals, value = word.partition("=")
        if option in RENAMED:
            notes[f"{option} is now spelled {RENAMED[option]}; the old name goes with the next release"] = None
        yield RENAMED.get(option, option) + equals + value
