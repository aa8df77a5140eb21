"""The connection to a Ray cluster: one that is there, or one that is started on this machine and ended afterwards."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from edgeface.core.progress import step
from edgeface.errors import InputError, RuntimeFailure

INSTALL = "pip install 'edgeface[ray]'"
STORE_BYTES = 200 << 20
"""Shared memory of a cluster that is started here: only models and results pass through it."""

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # its makers learn of use otherwise
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # it prints to stdout when a worker ends, whatever `ray.init` is told
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # of workers that were lost: the parts are computed again
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # it warns of a change to come
}
"""What Ray is told where the user's environment does not say otherwise."""


def load_ray() -> Any:
    """The library, told to report nothing to its makers, and to print nothing.

    Raises:
        InputError: it is not installed.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise InputError("Ray is not installed", where="--engine ray", fix=INSTALL) from error
    return ray


@contextmanager
def connected(address: str | None, cores: int) -> Iterator[Any]:
    """The library, connected to a cluster.

    Args:
        address: `ray://HOST:PORT` of a cluster elsewhere; None for the one that this machine is in, else a new one.
        cores: of a cluster that is started here.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
        RuntimeFailure: no cluster can be started here.
    """
    ray = load_ray()
    if ray.is_initialized():  # by a program that uses edgeface: its connection stays
        yield ray
        return
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    _connect(ray, address, cores, quiet)
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str | None, cores: int, quiet: dict[str, Any]) -> None:
    if address is not None:
        _check_client(address)
        try:
            ray.init(address, **quiet)
        except Exception as error:  # Ray raises whatever its client met
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise InputError(
                f"no Ray cluster answers: {said[0]}",
                where=f"--engine {address}",
                fix="name a cluster's head, e.g. ray://10.0.0.1:10001; it needs the same versions of Ray and Python",
            ) from error
        return
    try:
        ray.init("auto", **quiet)
    except ConnectionError:
        try:
            with step("starting Ray on this machine"):
                ray.init("local", num_cpus=cores, include_dashboard=False, object_store_memory=STORE_BYTES, **quiet)
        except Exception as error:  # Ray raises whatever it met
            raise RuntimeFailure(
                f"Ray cannot start on this machine: {error}",
                where="--engine ray",
                fix="--engine local does the same work without Ray",
            ) from error


def _check_client(address: str) -> None:
    """Refuse an address where Ray lacks what its client needs."""
    try:
        from grpc import StatusCode  # noqa: F401
    except ImportError as error:  # Ray itself leaves an empty module of that name
        raise InputError("Ray's client needs grpcio, which is not installed", where=address, fix=INSTALL) from error
