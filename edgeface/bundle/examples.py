"""The examples in C and C++ of a bundle: a program that finds and compares faces, and the header that people copy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from edgeface.bundle.c_contract import c_contract
from edgeface.bundle.cpp_contract import DECODERS, cpp_contract
from edgeface.core.progress import note
from edgeface.reading.kinds import OWN
from edgeface.reading.regular_file import read_file

SOURCES = Path(__file__).with_name("board")
RUNTIMES = ("litert", "ncnn")
"""The runtimes that a bundle's program runs in, and that there are examples for."""
FOLDERS = frozenset({"c", "cpp", *(f"cpp-{runtime}" for runtime in RUNTIMES)})
"""What holds the examples in `SOURCES`."""


def example_files(files: Mapping[str, bytes], runtime: str) -> dict[str, bytes]:
    """The examples for a bundle's networks, with the headers that hold their contracts.

    Args:
        files: the bundle's: settings and networks.
        runtime: one of `RUNTIMES`.

    Returns:
        Files by name: in `cpp/` for a decoder that the C++ header has, and in `c/` for a recognizer in LiteRT.

    Raises:
        RunnerError: the runtime does not load a network.
    """
    settings = json.loads(files["bundle.json"])
    found: dict[str, bytes] = {}
    if runtime == RUNTIMES[0] and settings["recognizer"] is not None:
        found |= _folder("c", "c") | {"c/face_contract.h": c_contract(files)}
    decoder = settings["detector"]["contract"].get("decoder", "ssd")
    if decoder not in DECODERS:
        note(f"the bundle has no example in C++: its header has the decoders {', '.join(DECODERS)}, not {decoder}")
        return found
    found |= _folder("cpp", "cpp") | _folder(f"cpp-{runtime}", "cpp")
    if runtime == RUNTIMES[0]:
        found["cpp/litert.h"] = read_file(SOURCES / "c" / "litert.h", OWN)
    return found | {"cpp/face_contract.hpp": cpp_contract(files)}


def _folder(source: str, name: str) -> dict[str, bytes]:
    return {f"{name}/{path.name}": read_file(path, OWN) for path in sorted((SOURCES / source).iterdir())}
