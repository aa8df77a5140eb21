"""The `ncnn` package, which is optional."""

from __future__ import annotations

from typing import Any

from edgeface.errors import InputError


def load_library() -> Any:
    """The module.

    Raises:
        InputError: it is not installed.
    """
    try:
        import ncnn
    except ImportError as error:
        raise InputError(
            f"ncnn is not installed ({error})", where="ncnn", fix="pip install 'edgeface[ncnn]'"
        ) from error
    return ncnn
