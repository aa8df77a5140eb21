"""Read untrusted budget files: sizes are limited, and errors name file and key."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edgeface.budgets.limits import Budget, Limit, Source
from edgeface.budgets.metrics import Metric
from edgeface.errors import InputError, did_you_mean

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# TOML readers use memory quadratic in a dotted key's length: a line of a megabyte exhausts it.
MAX_BUDGET_BYTES = 1 << 16
MAX_LINE_BYTES = 1000
_FIX = "`edgeface budgets` lists the built-in ones; README shows how to write one"


def read_budget(path: Path) -> Budget:
    """The budget in a file; without a `name` it is named after the file.

    Raises:
        InputError: the file is missing, a folder, too large, not UTF-8 or not TOML, or has an invalid key or value.
    """
    where = str(path)
    document = _document(path, where)
    document.setdefault("name", re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).lstrip("._-")[:64] or "budget")
    limits = document.get("limits")
    if not isinstance(limits, dict) or not limits:
        raise InputError(
            "the budget has no limits",
            where=where,
            fix=f'add e.g. [limits.lfr_flops] with at_most = "1 GFLOP"; metrics: {", ".join(get_args(Metric))}',
        )
    for metric in limits:
        if metric not in get_args(Metric):
            raise _unknown(f"limits.{metric}", metric, list(get_args(Metric)), where)
    try:
        return Budget.model_validate(document)
    except ValidationError as error:
        raise _from_pydantic(error.errors()[0], list(limits), where) from error


def _document(path: Path, where: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BUDGET_BYTES + 1)  # bounded, since a special file may be endless
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot read the budget: {said.lower()}", where=where, fix=_FIX) from error
    if len(data) > MAX_BUDGET_BYTES or max(map(len, data.splitlines()), default=0) > MAX_LINE_BYTES:
        raise InputError(
            f"the file exceeds a budget's {MAX_BUDGET_BYTES:,} bytes or {MAX_LINE_BYTES:,} bytes per line",
            where=where,
            fix=_FIX,
        )
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"the budget is not UTF-8 text: {error}", where=where, fix="save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # too long numbers and too deep nesting do not raise TOMLDecodeError
        raise InputError(f"the budget is not TOML: {error}", where=where, fix=_FIX) from error


def _from_pydantic(error: ErrorDetails, metrics: list[str], where: str) -> InputError:
    loc = list(error["loc"])
    allowed = list(Budget.model_fields)
    if loc[:1] == ["limits"] and len(loc) > 1:
        loc[1] = metrics[int(loc[1])]
        allowed = [key for key in Limit.model_fields if key != "metric"]
    elif loc[:1] == ["sources"]:
        allowed = list(Source.model_fields)
    key = ".".join(map(str, loc))
    if error["type"] == "extra_forbidden":
        return _unknown(key, str(loc[-1]), allowed, where)
    message = error["msg"].removeprefix("Value error, ")
    return InputError(f"budget key {key!r}: {message}", where=where, fix=f"allowed: {', '.join(allowed)}")


def _unknown(key: str, name: str, allowed: list[str], where: str) -> InputError:
    return InputError(
        f"unknown budget key {key!r}", where=where, fix=f"{did_you_mean(name, allowed)}allowed: {', '.join(allowed)}"
    )
