"""The runtime, cores and threads that boards should have; on a board itself, whether it has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeface.doctor.check import Check
from edgeface.doctor.packages import installed, package_check

if TYPE_CHECKING:
    from edgeface.devices.profile import Profile
    from edgeface.devices.recommended_runtime import Older, RecommendedRuntime

TITLE = "Runtimes of boards"
RANK = 66


def look() -> tuple[Check, ...]:
    """On a board, its runtime against the recommended one; elsewhere, what each board should have."""
    from edgeface.devices.board_here import board_here
    from edgeface.devices.recommended_runtime import recommended_runtime
    from edgeface.devices.table import profiles
    from edgeface.errors import InputError

    try:
        known = [found for found in profiles().values() if found.bundle is not None]
        here = board_here(known)
    except InputError as error:
        return (Check("boards", "problem", f"{error.where}: {error.what}"),)
    runtime = recommended_runtime("litert")
    if runtime is None:
        return ()
    return tuple(_elsewhere(each, runtime) for each in known) if here is None else on_board(here, runtime)


def on_board(board: Profile, runtime: RecommendedRuntime) -> tuple[Check, ...]:
    """What a board has of what it should have: the runtime, none that is slower, and the cores and threads to use."""
    from edgeface.bundle.runtime_settings import older_costs

    first = package_check(runtime.package, f"for the {board.title}", runtime.install, runtime.version)
    older = [_older(each, said, first.state == "missing", runtime) for each, said in older_costs(runtime)]
    placed = Check("placement", "ok", f"{board.title}: {_placed(board)}; bundles pin themselves so")
    return (first, *(check for check in older if check is not None), placed)


def _older(older: Older, costs: str, used: bool, runtime: RecommendedRuntime) -> Check | None:
    version = installed(older.package)
    if version is None:
        return None
    if not used:
        return Check(older.package, "ok", f"{version}, not used: {runtime.package} is")
    return Check(older.package, "problem", f"{version} runs TFLite models here: it {costs}", runtime.install)


def _elsewhere(board: Profile, runtime: RecommendedRuntime) -> Check:
    from edgeface.bundle.runtime_settings import older_costs

    python = "" if runtime.min_python is None else f" (Python {'.'.join(map(str, runtime.min_python))} or newer)"
    costs = "".join(f"; {older.package} {older.version} there {said}" for older, said in older_costs(runtime))
    return Check(board.name, "ok", f"{runtime.package} {runtime.version}{python}, {_placed(board)}{costs}")


def _placed(board: Profile) -> str:
    from edgeface.bundle.runtime_settings import placement

    assert board.bundle is not None
    return placement(board.bundle.cores, board.bundle.threads)
