"""What is known of latencies on a board: its fits by core and threads, and what runtimes take of them."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.devices.profile_latency import Latency, RuntimeShare
from edgeface.devices.table import profile, profiles
from edgeface.errors import InputError, did_you_mean


def latencies(device: str) -> tuple[Latency, ...]:
    """The fits of a board, those of its fastest cores first, each by its number of threads.

    Raises:
        InputError: no such device, or its profile has no [[latency]].
    """
    board = profile(device)
    if not board.latency:
        known = [name for name, found in profiles().items() if found.latency]
        raise InputError(
            f"nothing is known of latencies on {board.title}: its profile has no [[latency]]",
            where=device,
            fix=f"use one of {', '.join(known)}; docs/predict.md says what another board needs",
        )
    clocks = {cluster.core: cluster.max_khz for cluster in board.clusters}
    return tuple(sorted(board.latency, key=lambda each: (-clocks[each.core], each.core, each.threads)))


def choose_latencies(device: str, core: str | None = None, threads: int | None = None) -> tuple[Latency, ...]:
    """The fits for a kind of core and a number of threads; None takes each.

    Raises:
        InputError: as `latencies`; the board has no such core, or nothing was published for that many threads.
    """
    found: Sequence[Latency] = latencies(device)
    cores = list(dict.fromkeys(each.core for each in found))
    if core is not None and core not in cores:
        raise InputError(
            f"nothing is known of cores called {core!r} on {device}",
            where="--core",
            fix=f"{did_you_mean(core, cores)}use one of {', '.join(cores)}",
        )
    found = [each for each in found if core in (None, each.core)]
    chosen = tuple(each for each in found if threads in (None, each.threads))
    if not chosen:
        known = ", ".join(f"{each.core.upper()}×{each.threads}" for each in found)
        raise InputError(
            f"no published figures say what {threads} threads take on {core.upper() if core else device}",
            where="--threads",
            fix=f"known are {known}",
        )
    return chosen


def counted_on(device: str, core: str) -> str:
    """The emulated device that counts for a board's cores: the profile of their kind if its caches are theirs.

    So a kind of core is counted once for all boards that have it.

    Raises:
        InputError: no such device, or its cores are not emulated with their caches.
    """
    board, kind = profile(device), profile(core)
    wanted = [(cluster.l1d, cluster.l2) for cluster in board.clusters if cluster.core == core]
    if kind.emulator is not None and [(kind.fastest.l1d, kind.fastest.l2)] == wanted[:1]:
        return core
    if board.emulator is not None and board.fastest.core == core:
        return device
    raise InputError(
        f"the {kind.title} of {board.title} is not emulated with these caches",
        where=device,
        fix=f"give the profile {core!r} its caches, or the board's an [emulator]",
    )


def share_of(device: str, runtime: str, dtype: str) -> RuntimeShare | None:
    """What a runtime takes of the fitted milliseconds; None where nothing was published to say so."""
    shares = profile(device).runtime_shares
    return next((each for each in shares if (each.runtime, each.dtype) == (runtime, dtype)), None)
