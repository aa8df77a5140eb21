"""Options that several commands share, and parsing of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from edgeface.errors import InputError

DEFAULT_MODEL = "retinaface_mnet025"

On = Annotated[
    str,
    typer.Option(
        help="The device that runs it: x86 (this processor), gpu, an emulated device (e.g. a72), ssh:HOST or adb."
    ),
]
EngineName = Annotated[
    str,
    typer.Option("--engine", help="What computes: local, local://PROCESSES, ray or ray://HOST:PORT (a Ray cluster)."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def parse_size(text: str | None) -> tuple[int, int] | None:
    """`"480x640"` as (height, width) in pixels.

    Raises:
        InputError: the text is not two positive numbers joined by an x.
    """
    if text is None:
        return None
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
        raise InputError(f"{text!r} is not an input size", where="--input", fix="give HEIGHTxWIDTH, e.g. 480x640")
    return int(height), int(width)


def refuse_given(given: Mapping[str, object], why: str, fix: str = "leave it out") -> None:
    """Refuse options that would not be used.

    Args:
        given: values by option; None and False are options that were not given.
        why: ends the sentence that starts with their names.
        fix: what to do instead.

    Raises:
        InputError: one was given.
    """
    names = [name for name, value in given.items() if value is not None and value is not False]
    if names:
        raise InputError(f"{' and '.join(names)} {why}", where=names[0], fix=fix)


def parse_list(text: str, option: str) -> tuple[str, ...]:
    """`"a,b"` as ("a", "b"), each once.

    Raises:
        InputError: the list is empty, or an item is repeated.
    """
    items = tuple(item.strip() for item in text.split(",") if item.strip())
    if not items or len(set(items)) < len(items):
        raise InputError(
            f"{text!r} must list one or more items, each once", where=option, fix="separate them by commas"
        )
    return items


def parse_counts(text: str, option: str) -> tuple[int, ...]:
    """`"1,2"` as (1, 2).

    Raises:
        InputError: an item is not a whole number of at least 1.
    """
    items = parse_list(text, option)
    if not all(item.isdecimal() and int(item) for item in items):
        raise InputError(f"{text!r} are not all whole numbers of at least 1", where=option, fix=f"e.g. {option} 1,2")
    return tuple(map(int, items))
