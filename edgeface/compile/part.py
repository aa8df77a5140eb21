"""Parts of a list of images, which several machines calibrate with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeface.errors import InputError


@dataclass(frozen=True)
class Part:
    """Part `number` of `count` equal parts, from 1 on."""

    number: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Part:
        """`"2/4"` as the second of four parts.

        Raises:
            InputError: the text is not two whole numbers, of which the first is at least 1 and at most the second.
        """
        number, _, count = text.partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise InputError(f"{text!r} is no part", where="--part", fix="give NUMBER/COUNT, e.g. 2/4")
        return cls(int(number), int(count))

    def of(self, files: Sequence[Path]) -> dict[int, Path]:
        """The part's files, by their index in the whole list.

        Raises:
            InputError: the part has none.
        """
        ends = [len(files) * passed // self.count for passed in (self.number - 1, self.number)]
        if files and ends[0] == ends[1]:
            raise InputError(
                f"{len(files)} images do not divide into {self.count} parts", where="--part", fix="make fewer parts"
            )
        return {index: files[index] for index in range(*ends)}
