"""Read untrusted budget files: sizes are limited, and errors name file and key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edgeface.budgets.limits import Budget, Limit, Source
from edgeface.budgets.metrics import Metric
from edgeface.errors import InputError, did_you_mean
from edgeface.reading.document import read_toml
from edgeface.reading.invalid import told_of
from edgeface.reading.kinds import BUDGET


def read_budget(path: Path) -> Budget:
    """The budget in a file; without a `name` it is named after the file.

    Raises:
        InputError: the file is missing, a folder, too large, not UTF-8 or not TOML, or has an invalid key or value.
    """
    where = str(path)
    document = read_toml(path, BUDGET)
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
    return InputError(f"budget key {told_of(error, key)}", where=where, fix=f"allowed: {', '.join(allowed)}")


def _unknown(key: str, name: str, allowed: list[str], where: str) -> InputError:
    return InputError(
        f"unknown budget key {key!r}", where=where, fix=f"{did_you_mean(name, allowed)}allowed: {', '.join(allowed)}"
    )
