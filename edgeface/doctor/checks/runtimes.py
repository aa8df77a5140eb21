"""Runtimes that run artifacts on this machine's processor."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends import runtimes
from edgeface.backends.runtime import Runtime
from edgeface.doctor.check import Check
from edgeface.doctor.packages import needed_packages, package_check

TITLE = "Runtimes"
RANK = 30
OLD_ENVIRONMENT = Path(".venv-tflite")


def look() -> tuple[Check, ...]:
    """Every runtime of the processor, and an environment with tflite-runtime."""
    return (
        *(_runtime(runtime) for runtime in runtimes().values() if runtime.processor == "cpu" and runtime.suffixes),
        _old_tflite(),
    )


def _runtime(runtime: Runtime) -> Check:
    """The first of a runtime's distributions; a runtime without any comes with its backend."""
    use = f"runs {' and '.join(runtime.suffixes)}"
    if not runtime.distributions:
        return Check(runtime.name, "ok", use)
    name = runtime.distributions[0]
    return package_check(name, use, runtime.install or f"pip install {name}", required=name in needed_packages())


def _old_tflite() -> Check:
    """tflite-runtime needs numpy 1, and therefore a separate environment, which make creates."""
    name = "tflite-runtime"
    folders = sorted(OLD_ENVIRONMENT.glob("lib/python*/site-packages/tflite_runtime-*.dist-info"))
    if not folders:
        found = f"no environment {OLD_ENVIRONMENT} here; optional: tests that artifacts load on older boards"
        return Check(name, "missing", found, f"make {OLD_ENVIRONMENT}/.installed")
    version = folders[0].name.removesuffix(".dist-info").rpartition("-")[2]
    return Check(name, "ok", f"{version} in {OLD_ENVIRONMENT}")
