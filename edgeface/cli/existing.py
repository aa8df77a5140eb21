"""Every path that a command reads must exist, before the command does anything."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import ArgumentInfo, ParameterInfo

from edgeface.reading.existing import refuse_missing

WRITTEN = frozenset({"out", "cache", "save_statistics", "refused_report"})
"""Parameters whose files are written: they need not exist."""

_RECIPE = ".toml"


def with_existing_paths(command: Callable[..., None]) -> Callable[..., None]:
    """The command, which first refuses paths that do not exist, all at once, under the names of their options.

    Args:
        command: the function of a command; its parameters of type Path are read unless they are in `WRITTEN`.
    """

    @functools.wraps(command)
    def checked(**given: Any) -> None:
        paths = {name: found for name, value in given.items() if (found := _paths(name, value))}
        if paths:
            names = _option_names(command)
            refuse_missing({names[name]: value for name, value in paths.items()})
        command(**given)

    return checked


def _paths(name: str, value: Any) -> list[Path]:
    if name in WRITTEN:
        return []
    if name == "model" and isinstance(value, str):  # a name, or a file
        from edgeface.models.onnx_file import is_onnx_file

        path = Path(value)
        return [path] if path.suffix == _RECIPE or is_onnx_file(path) else []
    return [each for each in (value if isinstance(value, list | tuple) else [value]) if isinstance(each, Path)]


def _option_names(command: Callable[..., None]) -> dict[str, str]:
    """The name of each parameter on the command line."""
    hints = get_type_hints(command, include_extras=True)
    return {name: _option_name(name, hints.get(name)) for name in inspect.signature(command).parameters}


def _option_name(name: str, hint: Any) -> str:
    info = next((each for each in get_args(hint) if isinstance(each, ParameterInfo)), None)
    if isinstance(info, ArgumentInfo):
        return name.upper()
    named = (
        () if info is None else (info.default, *(info.param_decls or ()))
    )  # of Annotated, the first one is `default`
    declared = (each for each in named if isinstance(each, str) and each.startswith("--"))
    return next(declared, f"--{name.replace('_', '-')}")
