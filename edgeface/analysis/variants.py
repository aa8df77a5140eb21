"""Other jobs like one, and measuring many of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from edgeface.compile.job import Job
from edgeface.core.progress import track
from edgeface.quantize.settings import QuantizeSettings

Item = TypeVar("Item")
Result = TypeVar("Result")


def requantized(job: Job, **changed: Any) -> Job:
    """The job with other settings in its recipe's [quantize], by their names."""
    settings = job.recipe.quantize
    given = {name: getattr(settings, name) for name in QuantizeSettings.model_fields}
    recipe = job.recipe.model_copy(update={"quantize": QuantizeSettings.model_validate({**given, **changed})})
    return replace(job, recipe=recipe)


def in_parallel(measure: Callable[[Item], Result], items: Sequence[Item], doing: str) -> list[Result]:
    """What a function gives for each item, in order, on every core; with progress."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(track(pool.map(measure, items), doing, len(items)))
