"""What a device's operating system shows of its processor: /proc/cpuinfo and /sys/devices/system/cpu as files.

LiteRT's XNNPACK and ONNX Runtime read them to choose kernels, and fail on the description of a processor of another
architecture, so an emulated device needs its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CACHE_LINE_BYTES = 64


@dataclass(frozen=True)
class Core:
    """A kind of processor core.

    `part` and `revision` are those of its MIDR register; caches are 32 KiB of L1D for each core and one L2 of 16 ways
    for each cluster.
    """

    part: int
    revision: int
    l1_ways: int
    l2_kib: int
    max_khz: int


CORTEX_A72 = Core(0xD08, 2, 2, 1024, 1_800_000)
CORTEX_A53 = Core(0xD03, 4, 4, 512, 1_416_000)


@dataclass(frozen=True)
class Machine:
    """An emulated device: the emulator's processor, and clusters of (core, how many) in the order of their numbers."""

    cpu: str
    clusters: tuple[tuple[Core, int], ...]

    @property
    def counted_core(self) -> Core:
        """The core whose caches are simulated: that of the fastest cluster."""
        return max((core for core, _ in self.clusters), key=lambda core: core.max_khz)


MACHINES = {
    "a72": Machine("cortex-a72", ((CORTEX_A72, 2),)),
    "a53": Machine("cortex-a53", ((CORTEX_A53, 4),)),
    "rk3399": Machine("cortex-a72", ((CORTEX_A53, 4), (CORTEX_A72, 2))),
}


def write_machine(root: Path, machine: Machine) -> None:
    """Write proc/cpuinfo and sys/devices/system/cpu below a folder."""
    system, described, first = root / "sys/devices/system/cpu", [], 0
    for cluster, (core, count) in enumerate(machine.clusters):
        together = f"{first}-{first + count - 1}"
        for index in range(first, first + count):
            described.append("".join(f"{key}\t: {value}\n" for key, value in _cpuinfo(core, index).items()))
            _write(system / f"cpu{index}", _facts(core, index, cluster, together))
        first += count
    every = f"0-{first - 1}"
    _write(system, {"possible": every, "present": every, "online": every, "kernel_max": first - 1})
    _write(root / "proc", {"cpuinfo": "\n".join(described)})


def _cpuinfo(core: Core, index: int) -> dict[str, object]:
    return {
        "processor": index,
        "BogoMIPS": "48.00",
        "Features": "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid",
        "CPU implementer": "0x41",
        "CPU architecture": 8,
        "CPU variant": "0x0",
        "CPU part": hex(core.part),
        "CPU revision": core.revision,
    }


def _facts(core: Core, index: int, cluster: int, together: str) -> dict[str, object]:
    """What stands under /sys/devices/system/cpu/cpu<index>."""
    facts: dict[str, object] = {
        "topology/physical_package_id": cluster,
        "topology/cluster_id": cluster,
        "topology/core_id": index,
        "topology/core_siblings_list": together,
        "topology/cluster_cpus_list": together,
        "topology/package_cpus_list": together,
        "topology/thread_siblings_list": index,
        "cpufreq/cpuinfo_max_freq": core.max_khz,
        "cpufreq/cpuinfo_min_freq": 408_000,
        "regs/identification/midr_el1": f"0x{0x410F0000 | core.part << 4 | core.revision:016x}",
    }
    for level, (kind, kib, ways) in enumerate((("Data", 32, core.l1_ways), ("Unified", core.l2_kib, 16))):
        cache = f"cache/index{level}"
        facts |= {f"{cache}/level": level + 1, f"{cache}/type": kind, f"{cache}/size": f"{kib}K"}
        facts |= {f"{cache}/coherency_line_size": CACHE_LINE_BYTES, f"{cache}/ways_of_associativity": ways}
        facts[f"{cache}/shared_cpu_list"] = index if level == 0 else together
    return facts


def _write(folder: Path, facts: dict[str, object]) -> None:
    for name, value in facts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n", encoding="utf-8")
