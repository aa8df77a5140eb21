"""Stages of a network: by the first part of its operators' names, else thirds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

MAX_STAGES = 10
"""More groups of names than this are no stages."""
MAX_SHARE = 0.75
"""A stage with more of the operators than this says nothing."""
THIRDS = ("first third", "second third", "last third")
_NUMBERED = re.compile(r"(?:[._-]?\d+)+$")


def stages_of(names: Sequence[str]) -> dict[str, list[int]]:
    """The operators of each stage, in the order in which stages begin.

    A name such as /body/stage1.0/Relu belongs to the stage "body"; what all such names begin with is left out, and so
    are numbers at the end: ssh1 and ssh2 are one stage, and every head is in one. The rest is "others". Where most
    names have no parts, or give no stages, too many, or one of nearly everything, operators are parted into thirds by
    their order.
    """
    paths = [name.strip("/").split("/") for name in names]
    parted = [path for path in paths if len(path) > 1]
    levels = zip(*(path[:-1] for path in parted), strict=False)
    shared = len(list(takewhile(lambda level: len(set(level)) == 1, levels)))
    found: dict[str, list[int]] = {}
    for index, path in enumerate(paths):
        found.setdefault(_stage(path[min(shared, len(path) - 1)]) if len(path) > 1 else "others", []).append(index)
    largest = max(map(len, found.values()), default=0)
    others = len(found.get("others", []))
    usable = len(found) <= MAX_STAGES and largest <= MAX_SHARE * len(names) and others <= len(names) / 2
    return found if usable else _thirds(len(names))


def _stage(part: str) -> str:
    return "heads" if "head" in part.lower() else _NUMBERED.sub("", part) or "others"


def _thirds(count: int) -> dict[str, list[int]]:
    parts = {name: range(count * i // 3, count * (i + 1) // 3) for i, name in enumerate(THIRDS)}
    return {name: list(members) for name, members in parts.items() if members}
