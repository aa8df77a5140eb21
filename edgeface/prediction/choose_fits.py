"""Which of a board's fits answer a question about cores and threads."""

from __future__ import annotations

from collections.abc import Sequence

from edgeface.errors import InputError, did_you_mean
from edgeface.prediction.fits import Fit, fits_of


def choose_fits(device: str, core: str | None = None, threads: int | None = None) -> tuple[Fit, ...]:
    """The board's fits for a kind of core and a number of threads; None takes each.

    Raises:
        InputError: no such device, its profile has no latency tables, it has no such core, or nothing was published
            for that many threads.
    """
    found: Sequence[Fit] = fits_of(device)
    cores = sorted({each.core for each in found})
    if core is not None and core not in cores:
        raise InputError(
            f"{device} has no fit for cores called {core!r}",
            where="--core",
            fix=f"{did_you_mean(core, cores)}use one of {', '.join(cores)}",
        )
    found = [each for each in found if core in (None, each.core)]
    chosen = tuple(each for each in found if threads in (None, each.threads))
    if not chosen:
        known = ", ".join(f"{each.core.upper()}×{each.threads}" for each in found)
        raise InputError(
            f"no published figures say what {threads} threads take there", where="--threads", fix=f"known are {known}"
        )
    return chosen
