"""System files that describe a device's processor: /proc/cpuinfo and /sys/devices/system/cpu.

LiteRT's XNNPACK and ONNX Runtime read them to choose kernels, and fail on the description of a processor of another
architecture, so an emulated device needs its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.devices.profile import CACHE_LINE_BYTES, Cluster, Core, Profile
from edgeface.devices.table import cores
from edgeface.errors import RuntimeFailure

USERLAND, SITES = "userland", "sites"
"""Folders of an installation; a device sees each under its root, so that no path of the host shows there."""
_CPUS = "sys/devices/system/cpu"
_IMPLEMENTER = 0x41  # Arm


def system_files(profile: Profile) -> dict[str, str]:
    """The text of each file, by its path below the device's root.

    Raises:
        InputError: a profile of a core is not usable.
    """
    kinds, described = cores(), []
    found: dict[str, str] = {}
    for number, cluster in profile.cores:
        core = kinds[cluster.core]
        described.append("".join(f"{key}\t: {value}\n" for key, value in _cpuinfo(core, number).items()))
        facts = _facts(core, cluster, number, profile.clusters.index(cluster))
        found |= {f"{_CPUS}/cpu{number}/{name}": f"{value}\n" for name, value in facts.items()}
    every = cpu_list(number for number, _ in profile.cores)
    found |= {f"{_CPUS}/{name}": f"{every}\n" for name in ("possible", "present", "online")}
    found[f"{_CPUS}/kernel_max"] = f"{len(described) - 1}\n"
    found["proc/cpuinfo"] = "\n".join(described) + "\n"
    return found


def device_root(installation: Path, profile: Profile) -> Path:
    """The root folder of an emulated device: its system files, and links to userland and packages.

    It is named after its contents, and created atomically if it does not exist.

    Args:
        installation: the folder that `install` created.
        profile: of the device.

    Raises:
        RuntimeFailure: it does not exist and cannot be written.
    """
    files = system_files(profile)
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()[:12]
    root = installation / "roots" / f"{profile.name}-{digest}"
    if root.is_dir():
        return root
    try:
        root.parent.mkdir(exist_ok=True)
        with temporary_folder(root.parent) as folder:
            made = folder / root.name
            _write(made, files)
            for entry in sorted((installation / USERLAND).iterdir()):
                (made / entry.name).symlink_to(Path("../..") / USERLAND / entry.name)
            for name in (USERLAND, SITES):
                (made / name).symlink_to(Path("../..") / name)
            _rename(made, root)
    except OSError as error:
        raise RuntimeFailure(
            f"cannot write the description of {profile.title}: {error.strerror}",
            where=str(root),
            fix="set EDGEFACE_CACHE to a folder that you may write to, and run `edgeface doctor --install arm`",
        ) from error
    return root


def cpu_list(numbers: Iterable[int]) -> str:
    """Numbers in the kernel's list format: 0-3,5."""
    runs = groupby(enumerate(sorted(numbers)), key=lambda item: item[1] - item[0])
    ends = [[number for _, number in run] for _, run in runs]
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ends)


def _cpuinfo(core: Core, number: int) -> dict[str, object]:
    return {
        "processor": number,
        "BogoMIPS": "48.00",
        "Features": " ".join(core.features),
        "CPU implementer": hex(_IMPLEMENTER),
        "CPU architecture": 8,
        "CPU variant": hex(core.variant),
        "CPU part": hex(core.part),
        "CPU revision": core.revision,
    }


def _facts(core: Core, cluster: Cluster, number: int, position: int) -> dict[str, object]:
    """The contents of /sys/devices/system/cpu/cpu<number>, whose cluster is at `position`."""
    together = cpu_list(cluster.cores)
    midr = _IMPLEMENTER << 24 | core.variant << 20 | 0xF << 16 | core.part << 4 | core.revision
    facts: dict[str, object] = {
        "topology/physical_package_id": position,
        "topology/cluster_id": position,
        "topology/core_id": number,
        "topology/core_siblings_list": together,
        "topology/cluster_cpus_list": together,
        "topology/package_cpus_list": together,
        "topology/thread_siblings_list": number,
        "cpufreq/cpuinfo_max_freq": cluster.max_khz,
        "cpufreq/cpuinfo_min_freq": cluster.min_khz,
        "regs/identification/midr_el1": f"0x{midr:016x}",
    }
    caches = (("Data", cluster.l1d, number), ("Unified", cluster.l2, together))
    for index, (kind, cache, shared) in enumerate(caches):
        folder = f"cache/index{index}"
        facts |= {f"{folder}/level": index + 1, f"{folder}/type": kind, f"{folder}/size": f"{cache.kib}K"}
        facts |= {f"{folder}/coherency_line_size": CACHE_LINE_BYTES, f"{folder}/ways_of_associativity": cache.ways}
        facts[f"{folder}/shared_cpu_list"] = shared
    return facts


def _rename(made: Path, root: Path) -> None:
    """Rename a folder; another process may have created the same one in the meantime."""
    try:
        made.rename(root)
    except OSError:
        if not root.is_dir():
            raise


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        fill_file(root / name, text)
