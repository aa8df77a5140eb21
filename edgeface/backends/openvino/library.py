"""The `openvino` package, which is optional, without the package that sends usage."""

from __future__ import annotations

import sys
from functools import cache
from threading import Lock
from typing import Any

from edgeface.errors import InputError

TELEMETRY = "openvino_telemetry"
INSTALL = "pip install --no-deps 'openvino>=2026.4'"
"""Without its dependencies: besides numpy it has only the one that sends usage."""
_LOADING = Lock()


def load_library() -> Any:
    """The module.

    `import openvino` reports itself to its maker where `openvino-telemetry` is installed. So that package is hidden
    from it: it then takes its own stub, for the whole life of the process.

    Raises:
        InputError: it is not installed.
    """
    with _LOADING:
        hidden = "openvino" not in sys.modules and TELEMETRY not in sys.modules
        if hidden:
            sys.modules[TELEMETRY] = None  # type: ignore[assignment]  # the import system's way to say "there is none"
        try:
            import openvino
        except ImportError as error:
            raise InputError(f"OpenVINO is not installed ({error})", where="openvino", fix=INSTALL) from error
        finally:
            if hidden:
                del sys.modules[TELEMETRY]
    return openvino


def load_transformations() -> Any:
    """The module of the transformations that OpenVINO's converter applies to what it reads.

    Raises:
        InputError: OpenVINO is not installed, or is of a version without them.
    """
    library = load_library()
    try:
        from openvino import _offline_transformations as found  # a part of OpenVINO that it does not document
    except ImportError as error:
        raise InputError(
            f"OpenVINO {library.__version__} has no such transformations ({error})", where="openvino", fix=INSTALL
        ) from error
    return found


@cache
def core() -> Any:
    """OpenVINO's core, one for the process: each new one loads the plug-ins again."""
    return load_library().Core()


def first_line(error: Exception) -> str:
    """What an exception of OpenVINO's says, without the lines of its sources that it names first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("Exception from ", "Check '", "While validating "))]
    return (said or lines or [type(error).__name__])[0]
