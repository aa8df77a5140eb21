"""A pair of images to verify."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Two images, as paths below a folder (LFW's without extension), and whether they show the same person.

    `line` is the pair's line in its file; `names` the two persons, where the file names them.
    """

    first: str
    second: str
    same: bool
    line: int
    names: tuple[str, str] | None = None
