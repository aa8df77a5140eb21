"""The runtime that a bundle recommends for its board, and what another one loses there."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_SHORT = 60


@dataclass(frozen=True)
class RuntimeAdvice:
    """What a bundle says of runtimes.

    Attributes:
        package, version: the recommended one.
        min_python: the oldest Python that it has wheels for; None where that does not matter.
        board: the board's title.
        slower: by package that runs the same models slower, what it costs, in words.
    """

    package: str
    version: str
    min_python: tuple[int, int] | None
    board: str
    slower: Mapping[str, str]

    def lost_with(self, package: str, version: str, python: tuple[int, ...] = sys.version_info[:2]) -> str | None:
        """What a board that runs the models with this package and version loses; None if nothing is known.

        Args:
            package: the installed package that runs the models.
            version: its version.
            python: the version of the Python that runs it.
        """
        costs = self.slower.get(package)
        if costs is not None:
            return f"{package} {version} runs the networks: on the {self.board} it {costs}; {self.cure(python)}"
        if package == self.package and _release(version) < _release(self.version):
            return (
                f"{package} {version} is older than {self.version}, which the bundle was made for; {self.cure(python)}"
            )
        return None

    def cure(self, python: tuple[int, ...] = sys.version_info[:2]) -> str:
        """How the recommended package is installed."""
        command = f"pip install '{self.package}=={self.version}'"
        if self.min_python is not None and tuple(python[:2]) < self.min_python:
            needed, here = (".".join(map(str, each[:2])) for each in (self.min_python, python))
            return f"{command} needs Python {needed} or newer, this is {here}"
        return command


def read_advice(settings: Mapping[str, Any]) -> RuntimeAdvice | None:
    """The advice in a bundle's settings; None where there is none, or it is not one."""
    found, device = settings.get("runtime"), settings.get("device")
    if not isinstance(found, dict) or not isinstance(device, dict):
        return None
    words = (found.get("package"), found.get("version"), device.get("title"))
    slower, oldest = found.get("slower"), found.get("min_python")
    if not all(isinstance(word, str) and len(word) <= _SHORT for word in words) or not isinstance(slower, dict):
        return None
    costs: dict[str, str] = {
        str(name): said["costs"]
        for name, said in slower.items()
        if isinstance(said, dict) and isinstance(said.get("costs"), str)
    }
    usable = isinstance(oldest, list) and len(oldest) == 2 and all(isinstance(each, int) for each in oldest)
    min_python = (oldest[0], oldest[1]) if usable and isinstance(oldest, list) else None
    return RuntimeAdvice(str(words[0]), str(words[1]), min_python, str(words[2]), costs)


def note_on(settings: Mapping[str, Any], runtime: str) -> str | None:
    """What a board with this runtime loses, by a bundle's settings; None if nothing is known.

    Args:
        settings: the bundle's.
        runtime: the package and its version.
    """
    advice = read_advice(settings)
    package, _, version = runtime.partition(" ")
    return None if advice is None else advice.lost_with(package, version)


def _release(version: str) -> tuple[int, ...]:
    """A version for comparison; of a text that is none, a version above all."""
    found = re.match(r"\d{1,9}(\.\d{1,9}){0,5}", version)
    return (1 << 30,) if found is None else tuple(map(int, found[0].split(".")))
