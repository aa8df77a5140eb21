"""Stages of a network: by the first part of its operators' names, else thirds."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_STAGES = 10
"""More groups of names than this are no stages."""
THIRDS = ("first third", "second third", "last third")
_NUMBERED = re.compile(r"[._-]?\d+$")


def stages_of(names: Sequence[str]) -> dict[str, list[int]]:
    """The operators of each stage, in the order in which stages begin.

    A name such as /body/stage1.0/Relu belongs to the stage "body"; numbers at the end are left out, so that ssh1 and
    ssh2 are one stage. Heads are one stage, and so are names that stand alone. Names that give no stage, or too many,
    are parted into thirds by their order.
    """
    found: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        found.setdefault(_stage(name), []).append(index)
    alone = [stage for stage, members in found.items() if len(members) == 1]
    if len(alone) > 1:
        found["others"] = sorted([*found.get("others", []), *(found.pop(stage)[0] for stage in alone)])
    return found if 1 < len(found) <= MAX_STAGES else _thirds(len(names))


def _stage(name: str) -> str:
    first = _NUMBERED.sub("", name.strip("/").split("/")[0])
    return "heads" if "head" in first.lower() else first


def _thirds(count: int) -> dict[str, list[int]]:
    parts = {name: range(count * i // 3, count * (i + 1) // 3) for i, name in enumerate(THIRDS)}
    return {name: list(members) for name, members in parts.items() if members}
