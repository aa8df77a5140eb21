"""Download of an emulated device's Debian packages and wheels, by their ordinary clients.

Nothing is installed on the host and root is not needed: apt-get keeps its state in a folder of the cache and reads
the host's package sources. Each archive is verified by its client, against Debian's signed lists or the pinned
hash, and not fetched again if it exists.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

from edgeface.core.writing import fill_file
from edgeface.devices.pins import DEBIAN, PYTHON, Wheel
from edgeface.errors import RuntimeFailure

TIMEOUT_S = 600
MAX_UNPACKED_BYTES = 1 << 30
_TAGS = ("manylinux2014", *(f"manylinux_2_{minor}" for minor in (17, 24, 26, 27, 28, 34, 35)))


def unpack_packages(state: Path, root: Path, architecture: str, packages: Sequence[str]) -> dict[str, str]:
    """Fetch Debian packages and unpack them under `root`.

    Args:
        state: folder for apt-get's lists and archives, kept between tries.
        root: folder to unpack into.
        architecture: Debian's name for it, e.g. "arm64".
        packages: names.

    Returns:
        Versions of the unpacked packages, by name.

    Raises:
        RuntimeFailure: there is no apt-get, or it cannot fetch a package.
    """
    options, archives = _apt_options(state, architecture), state / "cache" / "archives"
    # A broken third-party source fails an update, but not the download that follows.
    done = subprocess.run(["apt-get", *options, "-q", "update"], check=False, capture_output=True, timeout=TIMEOUT_S)
    try:
        _run(["apt-get", *options, "-q", "download", *packages], archives)
    except RuntimeFailure as error:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] if done.returncode else []
        raise RuntimeFailure(
            "; ".join([error.what, *last]),
            where=f"packages of Debian {DEBIAN} for {architecture}",
            fix=f"run this on Debian {DEBIAN}, or in a container of it, with its package sources reachable",
        ) from error
    newest: dict[str, Path] = {}  # an earlier try may have left an older build
    for archive in sorted(archives.glob("*.deb"), key=lambda path: (path.stat().st_mtime, path.name)):
        newest[archive.name.split("_")[0]] = archive
    for name in packages:
        _run(["dpkg", "-x", str(newest[name]), str(root)])
    return {name: newest[name].name.split("_")[1].replace("%3a", ":") for name in packages}


def unpack_wheels(folder: Path, site: Path, wheels: Sequence[Wheel]) -> None:
    """Fetch wheels for CPython 3.11 and unpack them into `site`.

    Args:
        folder: folder that keeps the archives between tries.
        site: folder to unpack into.
        wheels: pinned by version, hash and size; all of one architecture.

    Raises:
        RuntimeFailure: pip cannot fetch a wheel, or an archive is not the pinned one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "requirements.txt"
    lines = [f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in wheels]
    fill_file(wanted, "".join(lines))
    command = [sys.executable, "-m", "pip", "-q", "download", "--only-binary=:all:", "--no-deps", "--require-hashes"]
    command += [word for tag in _TAGS for word in ("--platform", f"{tag}_{wheels[0].architecture}")]
    command += ["--python-version", PYTHON, "--implementation", "cp", "--disable-pip-version-check"]
    _run([*command, "-d", str(folder), "-r", str(wanted)])
    for wheel in wheels:
        stem = f"{wheel.name.replace('-', '_')}-{wheel.version}-"
        archive = next(iter(folder.glob(f"{stem}*.whl")), None)
        if archive is None or archive.stat().st_size != wheel.size_bytes:
            raise RuntimeFailure(
                f"the wheel of {wheel.name} {wheel.version} is not the pinned one of {wheel.size_bytes} bytes",
                where=str(archive or folder),
                fix="delete the folder and run `edgeface doctor --install arm` again",
            )
        _extract(archive, site)


def needs() -> list[str]:
    """Programs that the installation needs and this host lacks."""
    return [name for name in ("apt-get", "dpkg") if shutil.which(name) is None]


def _extract(archive: Path, site: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        if sum(member.file_size for member in content.infolist()) > MAX_UNPACKED_BYTES:
            raise RuntimeFailure("a wheel unpacks to more than its limit", where=str(archive))
        content.extractall(site)


def _apt_options(state: Path, architecture: str) -> list[str]:
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
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_S,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeFailure(f"{Path(command[0]).name} failed: {error}") from error
    if done.returncode:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise RuntimeFailure(f"{' '.join([Path(command[0]).name, *command[1:3]])} failed: {last}")
