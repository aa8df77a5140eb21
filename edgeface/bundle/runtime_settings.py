"""What a bundle says of its board's runtime, cores and threads: in its settings, its README and on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from edgeface.backends import runtime_for
from edgeface.bundle.archive import open_archive
from edgeface.bundle.boards import Board
from edgeface.bundle.runtime_costs import costs_of, counted_costs, kind_of
from edgeface.core.artifact import Artifact
from edgeface.core.prediction_record import Predicted, read_prediction
from edgeface.devices.recommended_runtime import recommended_runtime


def runtime_settings(models: Mapping[str, Artifact], board: str) -> dict[str, Any] | None:
    """The settings' record of the runtime that the board should have; None where none is pinned for boards.

    Args:
        models: the artifacts by task, all of one runtime.
        board: the board's name.

    Raises:
        InputError: a prediction next to an artifact is damaged.
    """
    first = next(iter(models.values()))
    found = recommended_runtime(runtime_for(first.model_path).name)
    if found is None:
        return None
    kinds = {kind_of(artifact) for artifact in models.values()}
    predicted = predictions_of(models, board)
    counted = predicted if predicted.keys() == models.keys() else {}
    costs = {each: counted_costs(each, counted) or costs_of(each, kinds, board) for each in found.older}
    return {
        "package": found.package,
        "version": found.version,
        "min_python": None if found.min_python is None else list(found.min_python),
        "slower": {each.package: {"version": each.version, "costs": said} for each, said in costs.items() if said},
    }


def predictions_of(models: Mapping[str, Artifact], board: str) -> dict[str, tuple[Predicted, ...]]:
    """What the exports of the artifacts predicted for this board, by task; tasks without a prediction are left out.

    Raises:
        InputError: a prediction next to an artifact is damaged.
    """
    records = {task: read_prediction(artifact) for task, artifact in models.items()}
    return {
        task: found.predictions
        for task, found in records.items()
        if found is not None and found.device == board and found.predictions
    }


def predicted_settings(models: Mapping[str, Artifact], board: str) -> dict[str, Any]:
    """The settings' record of predicted times, by task. Arguments and errors as of `predictions_of`."""
    return {task: found[0].model_dump(mode="json") for task, found in predictions_of(models, board).items()}


def board_lines(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """What the settings of a bundle recommend for its board, and what was predicted there, in lines of text.

    Args:
        settings: as `pack_bundle` writes them.
    """
    device, runtime = settings["device"], settings.get("runtime")
    pinned = placement(device["cores"], device["threads"])
    lines = [f"{device['title']}: {pinned}"]
    if runtime is not None:
        oldest = runtime["min_python"]
        python = "" if oldest is None else f", which needs Python {'.'.join(map(str, oldest))} or newer"
        lines = [f"{device['title']}: {runtime['package']} {runtime['version']}{python}; {pinned}"]
        lines += [f"{name} {said['version']} {said['costs']}" for name, said in runtime["slower"].items()]
    return (*lines, *map(_predicted_line, settings.get("predicted", {}).items()))


def _predicted_line(entry: tuple[str, Any]) -> str:
    task, document = entry
    found = Predicted.model_validate(document)
    return (
        f"{task}: about {found.expected_ms:.3g} ms ({found.low_ms:.3g}–{found.high_ms:.3g}) in {found.runtime} "
        f"{found.version} on {found.core.upper()}×{found.threads}; predicted from counts, not measured"
    )


def placement(cores: Sequence[int], threads: int) -> str:
    """Where to run on a board, in words."""
    *first, last = map(str, cores)
    on = f"cores {', '.join(first)} and {last}" if first else f"core {last}"
    return f"pinned to {on}, {threads} thread{'' if threads == 1 else 's'}"


def settings_of(data: bytes) -> dict[str, Any]:
    """The settings in an archive that `pack_bundle` made."""
    found: dict[str, Any] = json.loads(open_archive(data, "the bundle")[0]["bundle.json"])
    return found


def board_facts(board: Board, settings: Mapping[str, Any]) -> dict[str, str]:
    """What the files of a bundle say of its board, by the words that stand for it there."""
    return {
        "@CORES@": " ".join(map(str, board.cores)),
        "@TITLE@": board.title,
        "@BOARD@": "\n".join(f"- {line}" for line in board_lines(settings)),
        "@INSTALL@": _install(settings),
    }


def _install(settings: Mapping[str, Any]) -> str:
    runtime = settings.get("runtime")
    return "" if runtime is None else f"pip install '{runtime['package']}=={runtime['version']}'"
