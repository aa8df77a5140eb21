"""Installation of the emulated devices in a cache folder: atomic, one process at a time, resumable.

Everything is built in a temporary folder next to the final one, which is named after the pinned versions, and renamed
when the emulated Python has imported each runtime. Fetched archives are kept for the next try if one fails.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgeface.core.progress import note
from edgeface.core.writing import write_file
from edgeface.devices.download import needs, unpack_packages, unpack_wheels
from edgeface.devices.emulator import Emulator, Setting, is_native
from edgeface.devices.pins import HOST_PACKAGES, PYTHON, SITES, USERLAND_PACKAGES, pins_digest
from edgeface.devices.profile_files import FOLDER, profile_files
from edgeface.devices.system_files import USERLAND, device_root
from edgeface.devices.table import emulated
from edgeface.errors import RuntimeFailure

INSTALL = "edgeface doctor --install arm"
RECORD = "installed.json"
NEEDED_BYTES = 1 << 30
_IMPORTS = {
    "current": ("ai_edge_litert.interpreter", "onnxruntime", "ncnn"),
    "legacy": ("tflite_runtime.interpreter",),
}


@dataclass(frozen=True)
class Status:
    """State of the installation.

    `state` is "ready", "native" (this machine is aarch64 itself), "missing" or "damaged"; `versions` are those of the
    emulator, the packages and the wheels, when ready.
    """

    state: str
    folder: Path
    detail: str
    versions: dict[str, str]


def cache_folder() -> Path:
    """The folder that holds installations: `EDGEFACE_CACHE`, else the user's cache folder."""
    given = os.environ.get("EDGEFACE_CACHE")
    if given:
        return Path(given).expanduser().resolve() / "arm"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "edgeface" / "arm"


def status() -> Status:
    """The installation's state; never raises because of the cache's contents."""
    folder = cache_folder() / pins_digest()
    if is_native():
        return Status("native", folder, f"this machine is {platform.machine()}: nothing to emulate", {})
    if not folder.is_dir():
        return Status("missing", folder, f"not set up; run `{INSTALL}`", {})
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        changed = _first_change(folder, record["files"])
        versions = {str(name): str(version) for name, version in record["versions"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Status("damaged", folder, f"its {RECORD} cannot be read", {})
    if changed is not None:
        return Status("damaged", folder, f"{changed} is missing or has another size", versions)
    return Status("ready", folder, f"QEMU {versions.get('qemu-user', '?')}, {len(record['files'])} files", versions)


def installed() -> Emulator:
    """The installed emulator with its userland.

    Raises:
        RuntimeFailure: it is missing or damaged.
    """
    found = status()
    if found.state not in ("ready", "native"):
        raise RuntimeFailure(
            f"the emulator is {found.state}: {found.detail}", where=str(found.folder), fix=f"run `{INSTALL}`"
        )
    return Emulator(found.folder)


def install(progress: Callable[[str], None] = note) -> Status:
    """The state after installing everything that is missing; about 100 MB are fetched and 400 MB kept.

    Args:
        progress: called with a line on each step.

    Raises:
        InputError: a device profile is not usable.
        RuntimeFailure: this host is not supported, a package cannot be fetched, or the result does not run.
    """
    found = status()
    if found.state in ("ready", "native"):
        return found
    _check_host()
    with _locked(found.folder.parent, progress):
        found = status()  # another process may have finished it in the meantime
        if found.state == "ready":
            return found
        start = time.perf_counter()
        building = found.folder.with_name(f".building-{found.folder.name}")
        _build(building, progress)
        shutil.rmtree(found.folder, ignore_errors=True)
        building.rename(found.folder)
        shutil.rmtree(_downloads(building), ignore_errors=True)
        progress(f"emulated devices: set up in {time.perf_counter() - start:.0f} s, in {found.folder}")
    return status()


def _downloads(building: Path) -> Path:
    return building.with_name(f"{building.name}.downloads")


def _build(folder: Path, progress: Callable[[str], None]) -> None:
    """Build the whole tree in `folder`; leftovers of an interrupted try are replaced, its archives reused."""
    profiles = emulated()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    progress("emulated devices: fetching an aarch64 userland, the emulator and runtimes …")
    versions = _fetch(folder, _downloads(folder))
    _slim(folder)
    for profile in profiles.values():
        device_root(folder, profile)
    progress("emulated devices: trying each runtime …")
    shipped = next(name for name in profiles if profile_files()[name].parent == FOLDER)
    _try_runtimes(Emulator(folder), shipped)
    record = {"versions": versions, "pins": {s: [asdict(w) for w in ws] for s, ws in SITES.items()}}
    write_file(folder / RECORD, json.dumps(record | {"files": _sizes(folder)}, sort_keys=True))


def _fetch(folder: Path, downloads: Path) -> dict[str, str]:
    """Fetch and unpack everything concurrently, since most of the time is waiting; versions by name."""
    with ThreadPoolExecutor() as pool:
        arm64 = pool.submit(unpack_packages, downloads / "arm64", folder / USERLAND, "arm64", USERLAND_PACKAGES)
        amd64 = pool.submit(unpack_packages, downloads / "amd64", folder / "host", "amd64", HOST_PACKAGES)
        sites = [
            pool.submit(unpack_wheels, downloads / site, folder / "sites" / site, wheels)
            for site, wheels in SITES.items()
        ]
        versions = {f"{name}:arm64": version for name, version in arm64.result().items()} | amd64.result()
        for site in sites:
            site.result()
    return versions | {f"{wheel.name}:{site}": wheel.version for site, wheels in SITES.items() for wheel in wheels}


def _slim(folder: Path) -> None:
    """Delete emulators of other processors, documentation and tests."""
    for binary in (folder / "host/usr/bin").iterdir():
        if binary.name != "qemu-aarch64":
            binary.unlink()
    for needless in ("host/usr/share", f"{USERLAND}/usr/share", *(f"sites/{site}/numpy/_core/tests" for site in SITES)):
        shutil.rmtree(folder / needless, ignore_errors=True)


def _try_runtimes(emulator: Emulator, device: str) -> None:
    """Import each runtime in the emulated Python, which also compiles the modules for later starts."""
    for site, modules in _IMPORTS.items():
        source = f"import {', '.join(modules)}, json, select, types, numpy as n; print(n.arange(4.).sum())"
        setting = Setting(site, environment={"PYTHONDONTWRITEBYTECODE": ""})
        done = emulator.run(device, emulator.python(device), ["-c", source], setting)
        if done.returncode or done.stdout.strip() != b"6.0":
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise RuntimeFailure(
                f"the emulated Python cannot import {' and '.join(modules)} (exit code {done.returncode})",
                where="; ".join(last) or str(emulator.folder),
                fix="the C library of this host must be 2.34 or newer, and it must allow running programs in the cache",
            )


def _sizes(folder: Path) -> dict[str, int]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in sorted(files)}


def _first_change(folder: Path, sizes: dict[str, Any]) -> str | None:
    for name, size in sizes.items():
        try:
            same = (folder / name).lstat().st_size == size
        except OSError:
            same = False
        if not same:
            return name
    return None


def _check_host() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise RuntimeFailure(
            f"emulation runs on x86-64 Linux, this is {sys.platform} on {platform.machine()}",
            fix="use a Linux machine or container, or a real board: --on ssh:HOST",
        )
    lacking = needs()
    if lacking:
        raise RuntimeFailure(
            f"this host lacks {' and '.join(lacking)}, which fetch the emulated Python {PYTHON}",
            fix="run this on Debian, or in a container of it, and keep EDGEFACE_CACHE",
        )


@contextmanager
def _locked(folder: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time work in a folder; the lock ends with the process that holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        lock = (folder / "lock").open("w", encoding="utf-8")
    except OSError as error:
        raise RuntimeFailure(
            f"cannot write to the cache: {error.strerror}",
            where=str(folder),
            fix="set EDGEFACE_CACHE to a folder that you may write to",
        ) from error
    with lock:
        if free < NEEDED_BYTES:
            raise RuntimeFailure(
                f"only {free >> 20} MiB are free, {NEEDED_BYTES >> 20} are needed",
                where=str(folder),
                fix="free some space, or set EDGEFACE_CACHE to a folder on another disk",
            )
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("emulated devices: waiting for another process that sets them up …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
