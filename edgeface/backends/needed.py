"""What a target needs to be installed, before anything is calibrated for it."""

from __future__ import annotations

from collections.abc import Iterable

from edgeface.backends import runtime_named
from edgeface.backends.target import Target
from edgeface.core.versions import missing
from edgeface.errors import InputError


def refuse_missing(targets: Iterable[Target]) -> None:
    """Refuse a target whose runtime is not installed: its artifacts could not be judged.

    Raises:
        InputError: it names the package, and the command that installs it.
    """
    for target in targets:
        runtime = runtime_named(target.runtime)
        lacking = missing(runtime.distributions)
        if lacking:
            raise InputError(
                f"{target.name} is judged in {runtime.title}, and {' and '.join(lacking)} is not installed",
                where="--target",
                fix=runtime.install or f"pip install {' '.join(lacking)}",
            )
