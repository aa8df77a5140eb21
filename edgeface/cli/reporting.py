"""Error reporting and exit codes: every error as what/where/fix on stderr, or as one JSON document."""

from __future__ import annotations

import json
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from edgeface.cli.error_text import format_error
from edgeface.cli.termination import Terminated
from edgeface.core.style import TERMINAL, plain
from edgeface.core.terminal import is_colored
from edgeface.core.visible import visible_json
from edgeface.core.visible_stream import VisibleStream
from edgeface.core.writing import fix_of
from edgeface.errors import EdgefaceError

BAD_INPUT = 2
DEFECT = 70  # EX_SOFTWARE of sysexits.h, so that a crash is never mistaken for an unmet gate
INTERRUPTED = 130
NO_READER = 141

# Optional packages, and the command that installs each.
_EXTRAS = {"cryptography": "pip install 'edgeface[bundle]'"}


class _Stdout:
    as_json = False
    printed = False


def run_reported(run: Callable[[list[str]], None], arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    _Stdout.as_json, _Stdout.printed = "--json" in arguments, False
    if sys.stdout is None:  # the caller closed it
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open until the process ends)
    with _visible_streams():
        return _run_visibly(run, arguments)


@contextmanager
def _visible_streams() -> Iterator[None]:
    """Show what names hold, whatever writes them: control characters never reach a terminal."""
    given = sys.stdout, sys.stderr
    for stream in given:
        with suppress(AttributeError, ValueError):  # closed, or replaced by a caller
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stdout, sys.stderr = (cast(TextIO, stream and VisibleStream(stream, _styles(stream))) for stream in given)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = given


def _styles(stream: TextIO) -> Mapping[str, str]:
    return TERMINAL if is_colored(stream) else {}


def _run_visibly(run: Callable[[list[str]], None], arguments: list[str]) -> int:
    code = 0
    try:
        with reported():
            run(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    try:
        with reported():
            sys.stdout.flush()
    except SystemExit as ended:
        return int(ended.code or code)
    return code


def print_json(document: dict[str, Any]) -> None:
    """Print the one document of a `--json` run; numbers that JSON lacks become null."""
    _Stdout.printed = True
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False)
    print(visible_json(plain(text)), flush=True)


def json_line(document: dict[str, Any]) -> str:
    """One line of a `--jsonl` run; numbers that JSON lacks become null."""
    return visible_json(json.dumps(_finite(document), ensure_ascii=False, allow_nan=False))


@contextmanager
def reported() -> Iterator[None]:
    """Print what is raised, as an error or a defect, and exit with its code."""
    try:
        yield
    except KeyboardInterrupt as ended:
        _print_error(EdgefaceError("terminated" if isinstance(ended, Terminated) else "interrupted"))
        raise SystemExit(ended.exit_code if isinstance(ended, Terminated) else INTERRUPTED) from None
    except BrokenPipeError:
        _silence_stdout()
        raise SystemExit(NO_READER) from None
    except EdgefaceError as error:
        _print_error(error)
        raise SystemExit(error.exit_code) from None
    except MemoryError:
        _print_error(
            EdgefaceError("there is not enough memory", fix="use smaller inputs, or a machine with more memory")
        )
        raise SystemExit(BAD_INPUT) from None
    except OSError as error:
        _print_error(_from_system(error))
        raise SystemExit(BAD_INPUT) from None
    except ModuleNotFoundError as error:
        package = (error.name or "edgeface").partition(".")[0]
        if package == "edgeface":
            _print_defect(error)
            raise SystemExit(DEFECT) from None
        _print_error(_not_installed(package))
        raise SystemExit(BAD_INPUT) from None
    except Exception as error:  # a defect: the traceback is for its report, the exit code for scripts
        if type(error).__module__.startswith(("typer", "click")):  # typer reports usage errors and exits
            raise
        _print_defect(error)
        raise SystemExit(DEFECT) from None


def _print_error(error: EdgefaceError) -> None:
    from edgeface.core.progress import end_line

    with suppress(OSError):
        end_line()
        print(format_error(error), file=sys.stderr, flush=True)
    if _Stdout.as_json and not _Stdout.printed:
        try:
            print_json({"error": error.as_dict()})
        except OSError:
            _silence_stdout()


def _print_defect(error: Exception) -> None:
    traceback.print_exc()
    _print_error(
        EdgefaceError(f"a defect of edgeface: {type(error).__name__}: {error}", fix="report it with the traceback")
    )


def _not_installed(package: str) -> EdgefaceError:
    if package == "torch":
        from edgeface.models.need_torch import HOW

        return EdgefaceError("the package 'torch' is not installed", fix=HOW)
    fix = _EXTRAS.get(package, "`edgeface doctor` lists what is missing")
    return EdgefaceError(f"the package {package!r} is not installed", fix=fix)


def _from_system(error: OSError) -> EdgefaceError:
    if not sys.stdout.closed and error.filename is None:
        _silence_stdout()  # most likely stdout itself cannot be written: do not fail again at exit
    what = error.strerror or str(error) or type(error).__name__
    where = None if error.filename is None else str(error.filename)
    return EdgefaceError(what[:1].lower() + what[1:], where=where, fix=fix_of(error))


def _silence_stdout() -> None:
    """Redirect stdout to the null device, so that flushing it at exit cannot fail again."""
    with suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
