"""The runtime, cores and threads that boards should have; on a board itself, whether it has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgeface.doctor.check import Check
from edgeface.doctor.packages import installed, package_check

if TYPE_CHECKING:
    from edgeface.devices.profile import Profile
    from edgeface.devices.recommended_runtime import Older, RecommendedRuntime

TITLE = "Runtimes of boards"
RANK = 66


FIRST, OTHERS = "litert", ("ncnn", "onnxruntime")
"""The runtimes of boards: the one that bundles have by default, and those of other artifacts."""


def look() -> tuple[Check, ...]:
    """On a board, its runtimes against the recommended ones; elsewhere, what each board should have."""
    from edgeface.devices.board_here import board_here
    from edgeface.devices.recommended_runtime import recommended_runtime
    from edgeface.devices.table import profiles
    from edgeface.errors import InputError

    try:
        known = [found for found in profiles().values() if found.bundle is not None]
        here = board_here(known)
    except InputError as error:
        return (Check("boards", "problem", f"{error.where}: {error.what}"),)
    first = recommended_runtime(FIRST)
    others = [found for name in OTHERS if (found := recommended_runtime(name)) is not None]
    if first is None:
        return ()
    return _elsewhere(known, first, others) if here is None else on_board(here, first, others)


def on_board(board: Profile, first: RecommendedRuntime, others: Sequence[RecommendedRuntime]) -> tuple[Check, ...]:
    """What a board has of what it should have: the runtimes, none that is slower, and the cores and threads to use."""
    from edgeface.bundle.runtime_costs import older_costs

    found = package_check(first.package, f"for the {board.title}", first.install, first.version)
    older = [_older(each, said, found.state == "missing", first) for each, said in older_costs(first)]
    optional = [package_check(each.package, "optional there", each.install, each.version) for each in others]
    placed = Check("placement", "ok", f"{board.title}: {_placed(board)}; bundles pin themselves so")
    return (found, *(check for check in older if check is not None), *optional, placed)


def _older(older: Older, costs: str, used: bool, runtime: RecommendedRuntime) -> Check | None:
    version = installed(older.package)
    if version is None:
        return None
    if not used:
        return Check(older.package, "ok", f"{version}, not used: {runtime.package} is")
    return Check(older.package, "problem", f"{version} runs TFLite models here: it {costs}", runtime.install)


def _elsewhere(
    boards: Sequence[Profile], first: RecommendedRuntime, others: Sequence[RecommendedRuntime]
) -> tuple[Check, ...]:
    from edgeface.bundle.runtime_costs import older_costs

    python = "" if first.min_python is None else f" (Python {'.'.join(map(str, first.min_python))} or newer)"
    further = " and ".join(f"{each.package} {each.version}" for each in others)
    runtimes = Check("runtimes", "ok", f"{first.package} {first.version}{python}; for other artifacts {further}")
    costs = (Check(older.package, "ok", f"{older.version} on a board {said}") for older, said in older_costs(first))
    return (runtimes, *costs, *(Check(board.name, "ok", _placed(board)) for board in boards))


def _placed(board: Profile) -> str:
    from edgeface.bundle.runtime_settings import placement

    assert board.bundle is not None
    return placement(board.bundle.cores, board.bundle.threads)
