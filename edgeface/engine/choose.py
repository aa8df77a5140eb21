"""The engine that the command line names."""

from __future__ import annotations

from edgeface.engine.local import Local, usable_cores
from edgeface.engine.task import Engine
from edgeface.errors import InputError

FORMS = "local, local://PROCESSES, ray or ray://HOST:PORT"


def choose_engine(text: str, jobs: int | None = None, default: int | None = None) -> Engine:
    """The engine of a name.

    Args:
        text: `local`, `local://N` for N processes, `ray` for the Ray cluster that this machine belongs to or a new one,
            `ray://HOST:PORT` for a cluster elsewhere.
        jobs: processes, of all machines together; None for the default.
        default: processes of this machine; by default as many as its cores.

    Raises:
        InputError: there is no such engine, or no such number of processes.
    """
    kind, _, rest = text.partition("://")
    if jobs is not None and jobs < 1:
        raise InputError(f"{jobs} is not a number of processes", where="--jobs", fix="use 1 or more")
    if text == "local":
        return Local(jobs or default or usable_cores())
    if kind == "local" and rest.isdecimal() and int(rest):
        if jobs not in {None, int(rest)}:
            raise InputError(f"--jobs {jobs} contradicts --engine {text}", where="--jobs", fix="leave one of them out")
        return Local(int(rest))
    if text == "ray" or (kind == "ray" and rest):
        from edgeface.engine.ray_engine import Ray

        return Ray(None if text == "ray" else text, jobs)
    raise InputError(f"{text!r} is no engine", where="--engine", fix=f"use {FORMS}")
