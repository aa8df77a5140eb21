"""The program of a bundle: the runner's files, and edgeface's files that it shares with the host.

On a board all of them are in one package, `face_runner`, without edgeface. Their imports of each other are renamed
during packing; imports of other edgeface modules, or of packages that a board lacks, are refused.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from edgeface.errors import InputError
from edgeface.reading.document import read_text
from edgeface.reading.kinds import OWN

RUNNER = "edgeface.bundle.face_runner"
BOARD = "face_runner"
DECODERS = "edgeface.tasks.detection.decoders"
SHARED: Mapping[str, str] = {
    "edgeface.backends.ncnn.layer": f"{BOARD}.ncnn_layer",
    "edgeface.backends.ncnn.options": f"{BOARD}.ncnn_options",
    "edgeface.backends.ncnn.param_file": f"{BOARD}.ncnn_param_file",
    "edgeface.backends.ncnn.weight_sizes": f"{BOARD}.ncnn_weight_sizes",
    "edgeface.backends.tflite.soundness": f"{BOARD}.soundness",
    "edgeface.contracts.output_roles": f"{BOARD}.output_roles",
    "edgeface.core.visible": f"{BOARD}.visible",
    "edgeface.errors": f"{BOARD}.base_errors",
    "edgeface.images.fit": f"{BOARD}.fit",
    "edgeface.images.header": f"{BOARD}.header",
    "edgeface.images.normalize": f"{BOARD}.normalize",
    "edgeface.reading.regular_file": f"{BOARD}.regular_file",
    "edgeface.tasks.detection.cells": f"{BOARD}.cells",
    "edgeface.tasks.detection.decoding": f"{BOARD}.decoding",
    "edgeface.tasks.detection.faces": f"{BOARD}.faces",
    "edgeface.tasks.detection.landmark_orders": f"{BOARD}.landmark_orders",
    "edgeface.tasks.detection.main_face": f"{BOARD}.main_face",
    "edgeface.tasks.detection.nms": f"{BOARD}.nms",
    "edgeface.tasks.recognition.similarity": f"{BOARD}.similarity",
    "edgeface.tasks.recognition.vectors": f"{BOARD}.vectors",
}
"""Modules of edgeface that ship unchanged except for imports, with their names on the board."""

MIN_PYTHON = (3, 8)
OPTIONAL = frozenset({"cv2", "PIL", "cryptography"})
"""Optional packages that the runner uses if a board has them."""

_NAMES = {RUNNER: BOARD, DECODERS: f"{BOARD}.decoders", **SHARED}
_DOTTED = re.compile(r"\bedgeface(?:\.\w+)+")


def runner_files(decoder: str) -> dict[str, bytes]:
    """The files of a bundle's program by name, with the decoder of the detector's contract.

    Raises:
        InputError: a file imports what a board lacks, or is not valid in Python `MIN_PYTHON`.
    """
    modules = {f"{RUNNER}.{path.stem}": path for path in sorted(Path(__file__).with_name(BOARD).glob("*.py"))}
    modules |= {name: _file_of(name) for name in (*SHARED, f"{DECODERS}.{decoder}")}
    return dict(_packed(name, path) for name, path in modules.items())


def on_board(text: str) -> str:
    """Python source with shipped modules renamed to their names on the board."""
    return _DOTTED.sub(lambda found: _renamed(found[0]), text)


def _packed(module: str, path: Path) -> tuple[str, bytes]:
    text = on_board(read_text(path, OWN))
    lacking = sorted({name for name in _imported(text, path) if not _is_there(name)})
    if lacking:
        raise InputError(
            f"this file must run on a board, but imports {', '.join(lacking)}",
            where=str(path),
            fix=f"use the standard library, numpy and {', '.join(SHARED)} only",
        )
    return f"{_renamed(module).replace('.', '/')}.py", text.encode("utf-8")


def _renamed(dotted: str) -> str:
    """A dotted name with its longest shipped prefix renamed."""
    for name in sorted(_NAMES, key=len, reverse=True):
        if dotted == name or dotted.startswith(f"{name}."):
            return _NAMES[name] + dotted[len(name) :]
    return dotted


def _imported(text: str, path: Path) -> Iterator[str]:
    """The modules that Python source imports anywhere."""
    try:
        tree = ast.parse(text, feature_version=MIN_PYTHON)
    except SyntaxError as error:
        raise InputError(
            f"this file must run on a board, but is not Python {'.'.join(map(str, MIN_PYTHON))}: {error.msg}",
            where=f"{path}:{error.lineno}",
        ) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def _is_there(module: str) -> bool:
    root = module.split(".", maxsplit=1)[0]
    return root in sys.stdlib_module_names or root in {BOARD, "numpy"} or root in OPTIONAL


def _file_of(module: str) -> Path:
    file = importlib.import_module(module).__file__
    assert file is not None
    return Path(file)
