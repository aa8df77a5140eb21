"""The command that reproduces an artifact; files without folders, since paths are local and may contain names."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends import target as target_named

if TYPE_CHECKING:
    from edgeface.compile.request import ExportRequest

_FILES = ("weights", "calibration", "judge", "statistics", "labels", "label_images", "pairs", "pair_images", "recipe")
_ARTIFACTS = ("detector", "recognizer")


def export_command(request: ExportRequest, target: str) -> str:
    """`edgeface export …` for one of the request's targets."""
    return shlex.join(_words(request, target))


def _words(request: ExportRequest, target: str) -> Iterator[str]:
    is_file = request.model.endswith(".toml") or request.onnx_file is not None
    yield from ("edgeface", "export", Path(request.model).name if is_file else request.model, "--target", target)
    for name in (*_FILES, *_ARTIFACTS):
        given: Path | Sequence[Path] | None = getattr(request, name)
        for path in [given] if isinstance(given, Path) else given or ():
            yield from (f"--{name.replace('_', '-')}", path.resolve().name)
    for name in ("variant", "color", "seed", "device", "max_drop"):
        value = getattr(request, name)
        if value is not None:
            yield from (f"--{name.replace('_', '-')}", str(value))
    if request.input_size is not None:
        yield from ("--input", "x".join(map(str, request.input_size)))
    if request.io != "float":
        yield from ("--io", request.io)
    for name in ("integer_only", "winograd", "keep_decode"):
        if getattr(request, name):
            yield f"--{name.replace('_', '-')}"
    yield from request.repair.words()
    finish = target_named(target).finish
    if finish is not None:
        yield from finish.words(request.engines)
