"""Count what a TFLite model costs on an ARM core: `python reports/arm_counts.py [--core cortex-a72] MODEL…`.

LiteRT's own aarch64 build runs one inference under QEMU's user-mode emulation, with one thread, while a plugin
(`arm_counts.c`) counts instructions and simulates the caches. Kernels are those that the board would choose, so the
counts rank forms of a layer as a board would; `Counts.predicted_ms` turns them into milliseconds of an RK3399.
Debian packages and wheels are unpacked into a folder: nothing is installed, and root is not needed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DEFAULT_FOLDER = Path.home() / ".cache" / "edgeface-arm"
WHEELS = ("numpy", "ai-edge-litert", "flatbuffers", "protobuf", "tqdm", "typing-extensions", "backports.strenum")
GUEST_PACKAGES = (
    *("libc6", "libgcc-s1", "libstdc++6", "libgomp1", "zlib1g", "libexpat1", "libbz2-1.0", "liblzma5", "libffi8"),
    *("libuuid1", "libcrypt1", "libssl3", "libpython3.11-minimal", "libpython3.11-stdlib", "python3.11-minimal"),
)
HOST_PACKAGES = ("qemu-user", "libcapstone4", "liburing2")
GUEST = """
import os, sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter

def mark(which):
    try:
        os.getpriority(0, which)
    except OSError:
        pass

for path in sys.argv[1:]:
    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    for given in interpreter.get_input_details():
        data = random.normal(0, 0.5 if given["dtype"] == np.float32 else 40, given["shape"])
        interpreter.set_tensor(given["index"], data.astype(given["dtype"]))
    interpreter.invoke()
    mark(0x51510001)
    interpreter.invoke()
    mark(0x51518001)
"""


@dataclass(frozen=True)
class Core:
    """A core as its operating system shows it, and its caches."""

    part: int
    revision: int
    l1_ways: int
    l2_kib: int


CORES = {"cortex-a72": Core(0xD08, 2, 2, 1024), "cortex-a53": Core(0xD03, 4, 4, 512)}


@dataclass(frozen=True)
class Counts:
    """One inference: instructions, and lines that were not in the caches."""

    instructions: int
    vector: int
    l1_misses: int
    l2_misses: int

    @property
    def predicted_ms(self) -> float:
        """Milliseconds on one Cortex-A72 of an RK3399.

        The coefficients are cycles at 1.8 GHz, the middle of what a least-squares fit to 33 published networks of ncnn
        found (mean error 6.7 % left-one-out). For ranking; not fitted to LiteRT.
        """
        cycles = 0.75 * self.vector + 1.55 * (self.instructions - self.vector)
        cycles += 6.0 * (self.l1_misses - self.l2_misses) + 14.5 * self.l2_misses
        return cycles / 1.8e6


def counts(model: Path, core: str = "cortex-a72", folder: Path = DEFAULT_FOLDER) -> Counts:
    """Count one inference of one model."""
    return counts_of([model], core, folder)[0]


def counts_of(models: Sequence[Path], core: str = "cortex-a72", folder: Path = DEFAULT_FOLDER) -> list[Counts]:
    """Count one inference of each model, all in one run of the emulator, where starting takes most of the time."""
    prepare(folder)
    with tempfile.TemporaryDirectory() as scratch:
        lines = _emulate(models, core, folder, Path(scratch) / "counts.txt")
    return [Counts(every, vector + moved, l1, l2) for vector, moved, every, _, l1, l2 in lines]


def _emulate(models: Sequence[Path], core: str, folder: Path, found: Path) -> list[list[int]]:
    """A line of the plugin's counters for each model."""
    root, made = folder / core, CORES[core]
    plugin = f"{folder}/plugin.so,out={found},l1_ways={made.l1_ways},l2_kib={made.l2_kib}"
    command = [str(folder / "host/usr/bin/qemu-aarch64"), "-cpu", core, "-L", str(root), "-plugin", plugin]
    for name, value in {"PYTHONHOME": f"{root}/usr", "PYTHONPATH": f"{folder}/site", "PYTHONHASHSEED": "0"}.items():
        command += ["-E", f"{name}={value}"]
    command += [f"{root}/usr/bin/python3.11", str(folder / "guest.py"), *(str(m.resolve()) for m in models)]
    libraries = f"{folder}/host/usr/lib/x86_64-linux-gnu"
    done = subprocess.run(
        [*_fixed_addresses(), *command],
        env={**os.environ, "LD_LIBRARY_PATH": libraries},
        check=False,
        capture_output=True,
        text=True,
    )
    lines = [[int(word) for word in line.split()] for line in found.read_text().splitlines()]
    if done.returncode or len(lines) != len(models):
        raise SystemExit(f"the emulated run failed ({done.returncode}):\n{done.stderr[-2000:]}")
    return lines


def prepare(folder: Path) -> None:
    """Fill a folder with the emulator, an aarch64 Python and its packages (about 250 MB), unless it is there."""
    if (folder / "ready").exists():
        return
    if platform.machine() != "x86_64" or shutil.which("apt-get") is None:
        raise SystemExit("the emulation is built from Debian's packages for an x86-64 host")
    folder.mkdir(parents=True, exist_ok=True)
    _unpack_packages(folder / "host", "amd64", HOST_PACKAGES)
    _unpack_packages(folder / "guest", "arm64", GUEST_PACKAGES)
    _unpack_wheels(folder)
    for name, core in CORES.items():
        _make_root(folder, name, core)
    source = Path(__file__).with_suffix(".c")
    _run(["gcc", "-O2", "-shared", "-fPIC", "-o", str(folder / "plugin.so"), str(source)])
    (folder / "guest.py").write_text(GUEST, encoding="utf-8")
    (folder / "ready").touch()


def _unpack_packages(root: Path, architecture: str, packages: Sequence[str]) -> None:
    """Debian packages unpacked under a folder, with package lists of their own and the host's package sources."""
    state = root.with_name(f"{root.name}.apt")
    for name in ("lists/partial", "cache/archives/partial", "var"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    settings = {
        "APT::Architecture": architecture,
        "APT::Architectures::": architecture,
        "APT::Sandbox::User": "",
        "Dir::State": state / "var",
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Acquire::Languages": "none",
    }
    options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
    archives = state / "cache" / "archives"
    _run(["apt-get", *options, "-q", "update"])
    _run(["apt-get", *options, "-q", "download", *packages], archives)
    for archive in sorted(archives.glob("*.deb")):
        _run(["dpkg", "-x", str(archive), str(root)])


def _unpack_wheels(folder: Path) -> None:
    """Aarch64 wheels for CPython 3.11, at the versions that this Python has where it has them."""
    from importlib.metadata import PackageNotFoundError, version

    wanted = []
    for name in WHEELS:
        try:
            wanted.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            wanted.append(name)
    tags = [f"manylinux_2_{minor}_aarch64" for minor in (17, 24, 26, 27, 28, 34, 35)]
    platforms = [word for tag in ("manylinux2014_aarch64", *tags) for word in ("--platform", tag)]
    command = [sys.executable, "-m", "pip", "-q", "download", "--only-binary=:all:", "--no-deps", *platforms]
    command += ["--python-version", "3.11", "--implementation", "cp", "-d", str(folder / "wheels"), *wanted]
    _run(command)
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "site")


def _make_root(folder: Path, name: str, core: Core) -> None:
    """The guest's files, seen from a machine with two of these cores.

    XNNPACK's detection of the processor reads these files, and would otherwise fail on the host's.
    """
    root, system = folder / name, folder / name / "sys/devices/system/cpu"
    (root / "proc").mkdir(parents=True, exist_ok=True)
    for entry in sorted((folder / "guest").iterdir()):
        (root / entry.name).symlink_to(entry)
    described = []
    for index in range(2):
        described.append("".join(f"{key}\t: {value}\n" for key, value in _cpuinfo(core, index).items()))
        _write(system / f"cpu{index}", _facts(core, index))
    (root / "proc/cpuinfo").write_text("\n".join(described) + "\n", encoding="utf-8")
    _write(system, {"possible": "0-1", "present": "0-1", "online": "0-1", "kernel_max": 1})


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


def _facts(core: Core, index: int) -> dict[str, object]:
    """What stands under /sys/devices/system/cpu/cpu<index>."""
    facts: dict[str, object] = {
        "topology/physical_package_id": 0,
        "topology/core_id": index,
        "topology/core_siblings_list": "0-1",
        "topology/thread_siblings_list": index,
        "cpufreq/cpuinfo_max_freq": 1_800_000,
        "cpufreq/cpuinfo_min_freq": 408_000,
        "regs/identification/midr_el1": f"0x{0x410F0000 | core.part << 4 | core.revision:016x}",
    }
    for level, (kind, kib, ways) in enumerate((("Data", 32, core.l1_ways), ("Unified", core.l2_kib, 16))):
        cache = f"cache/index{level}"
        facts |= {f"{cache}/level": level + 1, f"{cache}/type": kind, f"{cache}/size": f"{kib}K"}
        facts |= {f"{cache}/coherency_line_size": 64, f"{cache}/ways_of_associativity": ways}
        facts[f"{cache}/shared_cpu_list"] = index if level == 0 else "0-1"
    return facts


def _write(folder: Path, facts: dict[str, object]) -> None:
    for name, value in facts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n", encoding="utf-8")


def _fixed_addresses() -> list[str]:
    """Without address randomisation the counts repeat to the instruction; some containers forbid to switch it off."""
    wrapper = ["setarch", "-R"]
    try:
        allowed = subprocess.run([*wrapper, "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        return []
    return wrapper if allowed else []


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} … failed:\n{done.stderr[-2000:]}")


def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--core", default="cortex-a72", choices=sorted(CORES))
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    given = parser.parse_args()
    print(f"{'model':30s} {'M instr.':>9} {'vector':>8} {'k L1 misses':>12} {'k L2':>8} {'RK3399 ms':>10}")
    for model, found in zip(given.models, counts_of(given.models, given.core, given.folder), strict=True):
        row = f"{found.instructions / 1e6:9.2f} {found.vector / 1e6:8.2f} {found.l1_misses / 1e3:12.1f}"
        print(f"{model.name:30s} {row} {found.l2_misses / 1e3:8.1f} {found.predicted_ms:10.2f}")


if __name__ == "__main__":
    main()
