"""Resource limits of a container or service, from Linux's control groups (cgroup v2, and v1 where mounted)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
_UNLIMITED_BYTES = 1 << 60  # v1 reports a number near 2**63 for no limit


def processor_quota() -> float | None:
    """Processor time that may be used, in cores; None where it is not limited."""
    quotas = []
    for words in _read("", "cpu.max"):
        if len(words) == 2 and words[0] != "max":
            quotas.append(int(words[0]) / int(words[1]))
    for quota, period in zip(_read("cpu", "cpu.cfs_quota_us"), _read("cpu", "cpu.cfs_period_us"), strict=False):
        if int(quota[0]) > 0:
            quotas.append(int(quota[0]) / int(period[0]))
    return min(quotas, default=None)


def memory_limit_bytes() -> int | None:
    """Memory that may be used, in bytes; None where it is not limited."""
    words = [*_read("", "memory.max"), *_read("memory", "memory.limit_in_bytes")]
    limits = [int(each[0]) for each in words if each[0] != "max"]
    return min((limit for limit in limits if limit < _UNLIMITED_BYTES), default=None)


def _read(controller: str, name: str) -> Iterator[list[str]]:
    """A file's words, from this process's group up to the root group: each of them is a limit.

    Args:
        controller: of a v1 hierarchy; "" for v2.
        name: the file's name.
    """
    for folder in _groups(controller):
        try:
            words = (folder / name).read_text(encoding="ascii").split()
        except (OSError, UnicodeDecodeError):
            continue
        if words and all(word.lstrip("-").isdecimal() or word == "max" for word in words):
            yield words


def _groups(controller: str) -> Iterator[Path]:
    try:
        lines = OWN.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controller in controllers.split(","):
            base = MOUNT / controller
            inside = base / group.lstrip("/")
            # A container sees its group as the root, although the path may be the machine's.
            yield from (folder for folder in (inside, *inside.parents) if folder.is_relative_to(base))
