"""Take a prediction apart: its stages or operators are counted as models of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.backends.parts import Parts
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.devices.count import Counts
from edgeface.errors import InputError
from edgeface.prediction.breakdown import Breakdown, Part
from edgeface.prediction.choose_fits import choose_fits
from edgeface.prediction.counted import counted
from edgeface.prediction.estimate import estimate, shares_of
from edgeface.prediction.fits import factor_of
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.runtimes import board_runtimes
from edgeface.prediction.stages import stages_of


def by_stage(prediction: Prediction) -> Breakdown:
    """A prediction by the stages of its network.

    Raises:
        InputError: the model cannot be taken apart.
        RuntimeFailure: a part cannot be counted.
    """
    parts = _take_apart(prediction.model)
    stages = stages_of([operation.name for operation in parts.operations])
    found = _count(prediction, parts, list(stages.values()))
    made = [
        _part(prediction, name, f"{len(stages[name])} operators", counts)
        for name, counts in zip(stages, found, strict=True)
    ]
    return Breakdown("stage", _of(prediction), tuple(made), prediction.expected_ms)


def by_operator(prediction: Prediction) -> Breakdown:
    """A prediction by operator, each with what the runtime fuses into it; those that are alike are counted once.

    Raises:
        InputError: the model cannot be taken apart.
        RuntimeFailure: a part cannot be counted.
    """
    parts = _take_apart(prediction.model)
    first = {operation.alike: index for index, operation in reversed([*enumerate(parts.operations)])}
    counts = dict(zip(first, _count(prediction, parts, [[index] for index in first.values()]), strict=True))
    made = [_part(prediction, each.name, each.operator, counts[each.alike]) for each in parts.operations]
    return Breakdown("operator", _of(prediction), tuple(made), prediction.expected_ms)


def _take_apart(model: Path) -> Parts:
    here = runtime_for(model)
    if here.parts is None:
        raise InputError(f"models of {here.title} cannot be taken apart", where=str(model), fix="leave out --layers")
    return here.parts(model)


def _count(prediction: Prediction, parts: Parts, groups: Sequence[Collection[int]]) -> list[Counts]:
    """The counts of groups of operators, in one session."""
    (runtime,) = board_runtimes(prediction.model, prediction.runtime)
    with temporary_folder() as folder:
        models = [_write(folder / str(number), parts.model(group)) for number, group in enumerate(groups)]
        return counted(models, prediction.core, runtime)


def _write(path: Path, files: Mapping[str, bytes]) -> Path:
    """Files by suffix; the path of the first."""
    for suffix, content in files.items():
        fill_file(path.with_suffix(suffix), content)
    return path.with_suffix(next(iter(files)))


def _part(prediction: Prediction, name: str, what: str, counts: Counts) -> Part:
    (fit,) = choose_fits(prediction.device, prediction.core, prediction.threads)
    factor = factor_of(prediction.device, prediction.runtime, prediction.dtype)
    found = estimate(counts, fit, factor, is_fitted=fit.runtime == prediction.runtime)
    return Part(name, what, found.expected_ms, shares_of(counts, fit))


def _of(prediction: Prediction) -> str:
    return f"{prediction.runtime} on {prediction.cores}"
