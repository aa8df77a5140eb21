"""Usable cores, memory and clocks, and settings that distort latencies."""

from __future__ import annotations

import os
from pathlib import Path

from edgeface.doctor.check import Check
from edgeface.doctor.control_groups import memory_limit_bytes, processor_quota

TITLE = "Resources"
RANK = 25
MEMINFO = Path("/proc/meminfo")
CLOCKS = Path("/sys/devices/system/cpu")
# An export of the shipped models takes up to 0.9 GB, measured.
ENOUGH_BYTES = 1 << 30
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def look() -> tuple[Check, ...]:
    """Cores and memory, clock governors, and thread counts set by the environment."""
    return _cores(), _memory(), _governor(), _threads()


def _cores() -> Check:
    """Cores that this process may run on, against its quota of processor time."""
    present, quota = os.cpu_count() or 1, processor_quota()
    allowed = len(os.sched_getaffinity(0))
    found = f"{allowed} of {present} may be used"
    if quota is None or quota >= allowed:
        return Check("cores", "ok", found)
    whole = max(int(quota), 1)
    return Check(
        "cores",
        "problem",
        f"{found}, with a quota of {quota:.1f}: more threads than that are throttled, which distorts latencies",
        f"taskset --cpu-list {_first_cores(whole)} edgeface …",
    )


def _first_cores(count: int) -> str:
    return ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:count])


def _memory() -> Check:
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
        free, total = kib["MemAvailable"] << 10, kib["MemTotal"] << 10
    except (OSError, KeyError, ValueError, IndexError):
        return Check("memory", "problem", "unknown: the system does not report it")
    limit = memory_limit_bytes()
    if limit is not None and limit < total:
        free, total = min(free, limit), limit
    found = f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
    if free < ENOUGH_BYTES:
        return Check("memory", "problem", f"{found}: an export may take 1 GiB")
    return Check("memory", "ok", found)


def _governor() -> Check:
    """The cores' clock governors, where the system shows them; virtual machines rarely do."""
    governors = set()
    for file in CLOCKS.glob("cpu[0-9]*/cpufreq/scaling_governor"):
        try:
            governors.add(file.read_text(encoding="ascii").strip())
        except OSError:
            continue
    if not governors:
        return Check("clocks", "ok", "governed by the host, as in a virtual machine: the system does not show them")
    named = ", ".join(sorted(governors))
    if governors == {"performance"}:
        return Check("clocks", "ok", f"governor {named}")
    return Check(
        "clocks",
        "problem",
        f"governor {named}: clocks follow the load, and so do latencies",
        "sudo cpupower frequency-set --governor performance",
    )


def _threads() -> Check:
    """Thread counts in the environment; the command line sets missing ones to 1."""
    others = {name: os.environ[name] for name in THREADS if os.environ.get(name, "1") != "1"}
    if not others:
        return Check("threads", "ok", "numpy and torch use one; runtimes get theirs by option")
    named = ", ".join(f"{name}={value}" for name, value in others.items())
    found = f"{named}: numpy's and torch's threads spin while waiting, and sums depend on the number of threads"
    return Check("threads", "problem", found, f"unset {' '.join(others)}")
