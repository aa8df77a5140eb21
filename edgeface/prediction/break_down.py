"""Take a prediction apart: its stages or operators are counted as models of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.backends.parts import Parts
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.devices.count import Counts
from edgeface.errors import InputError, RuntimeFailure
from edgeface.prediction.breakdown import Breakdown, Part
from edgeface.prediction.counted import counted, is_remembered
from edgeface.prediction.estimate import estimate, shares_of
from edgeface.prediction.known import choose_latencies, counted_on, share_of
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.runtimes import BoardRuntime, board_runtimes
from edgeface.prediction.stages import stages_of


def by_stage(prediction: Prediction) -> Breakdown:
    """A prediction by the stages of its network.

    Raises:
        InputError: the model cannot be taken apart.
        RuntimeFailure: a part cannot be counted.
    """
    parts = _take_apart(prediction.model)
    stages = _stages(parts)
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
    alike = _distinct(parts)
    counts = dict(zip(alike, _count(prediction, parts, alike.values()), strict=True))
    made = [_part(prediction, each.name, each.operator, counts[each.alike]) for each in parts.operations]
    return Breakdown("operator", _of(prediction), tuple(made), prediction.expected_ms)


def count_ahead(model: Path, runtime: BoardRuntime, core: str, layers: bool) -> None:
    """Count a model and its stages, and its operators if `layers`, in one session, for the answers to come.

    What cannot be taken apart, or counted in parts, is left to those who ask for it; so is what lacks parts only.
    """
    if is_remembered(model, core, runtime):
        return
    with suppress(InputError, RuntimeFailure), temporary_folder() as folder:
        if runtime.checks:  # before the format's own library, which checks little, takes the file apart
            runtime_for(model).open(model, 1)
        parts = _take_apart(model)
        groups = [*_stages(parts).values(), *(_distinct(parts).values() if layers else [])]
        counted([model, *_written(parts, groups, folder)], core, runtime)


def _take_apart(model: Path) -> Parts:
    here = runtime_for(model)
    if here.parts is None:
        raise InputError(f"models of {here.title} cannot be taken apart", where=str(model), fix="leave out --layers")
    return here.parts(model)


def _stages(parts: Parts) -> dict[str, list[int]]:
    return stages_of([operation.name for operation in parts.operations])


def _distinct(parts: Parts) -> dict[object, list[int]]:
    """The first of the operators that are alike, by what they have in common."""
    found: dict[object, list[int]] = {}
    for index, operation in enumerate(parts.operations):
        found.setdefault(operation.alike, [index])
    return found


def _count(prediction: Prediction, parts: Parts, groups: Collection[Sequence[int]]) -> list[Counts]:
    """The counts of groups of operators, in one session."""
    (runtime,) = board_runtimes(prediction.model, prediction.runtime)
    (latency,) = choose_latencies(prediction.device, prediction.core, prediction.threads)
    with temporary_folder() as folder:
        models = _written(parts, groups, folder)
        return counted(models, counted_on(prediction.device, latency.counted_core), runtime)


def _written(parts: Parts, groups: Collection[Sequence[int]], folder: Path) -> list[Path]:
    return [_write(folder / str(number), parts.model(group)) for number, group in enumerate(groups)]


def _write(path: Path, files: Mapping[str, bytes]) -> Path:
    """Files by suffix; the path of the first."""
    for suffix, content in files.items():
        fill_file(path.with_suffix(suffix), content)
    return path.with_suffix(next(iter(files)))


def _part(prediction: Prediction, name: str, what: str, counts: Counts) -> Part:
    (latency,) = choose_latencies(prediction.device, prediction.core, prediction.threads)
    share = share_of(prediction.device, prediction.runtime, prediction.dtype)
    found = estimate(counts, latency, share, prediction.runtime)
    return Part(name, what, found.expected_ms, shares_of(counts, latency))


def _of(prediction: Prediction) -> str:
    return f"{prediction.title}: {prediction.runtime} on {prediction.cores}"
