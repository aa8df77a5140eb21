"""Execution of aarch64 programs: in QEMU's user-mode emulation on x86-64, directly on an aarch64 machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgeface.devices.pins import PYTHON
from edgeface.devices.system_files import SITES, USERLAND, device_root
from edgeface.devices.table import emulated_profile
from edgeface.errors import RuntimeFailure

# Without reserved memory, where the guest's mappings come depends on those of the host.
_REPEATABLE = ("-R", "0x2000000000", "-seed", "1")
_THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Completed:
    """Exit code and output of a program."""

    returncode: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True)
class Launch:
    """A command line, its complete environment and its folder, as subprocess takes them."""

    command: list[str]
    environment: dict[str, str]
    folder: Path | None = None


@dataclass(frozen=True)
class Setting:
    """A program's surroundings: packages, paths, variables and plugin.

    Args:
        site: Python packages: "current" for ai-edge-litert, onnxruntime, ncnn and numpy 2; "legacy" for tflite-runtime
            and numpy 1.
        paths: folders that come first on the import path.
        environment: further variables; an emulated program inherits none from the host.
        plugin: a TCG plugin and its arguments, as QEMU's -plugin takes them.
        repeatable: start in the device's root folder, with fixed addresses and random numbers, so that nothing of the
            host and of the installation's place shows to the program, which must be one of the userland.
    """

    site: str = "current"
    paths: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    plugin: str | None = None
    repeatable: bool = False


DEFAULT_SETTING = Setting()


@dataclass(frozen=True)
class Emulator:
    """QEMU and an aarch64 userland, in a folder that `install` created.

    The emulated program also sees the host's paths, except where the userland has a file of that name.
    """

    folder: Path

    def python(self, device: str) -> Path:
        """The path of Python, to run as `program`."""
        return Path(sys.executable) if is_native() else self.root(device) / f"usr/bin/python{PYTHON}"

    def root(self, device: str) -> Path:
        """The root folder of an emulated device: the userland with the device's /proc/cpuinfo and /sys.

        Raises:
            InputError: no such device.
            RuntimeFailure: the folder does not exist yet and cannot be written.
        """
        return device_root(self.folder, emulated_profile(device))

    def site(self, name: str = "current") -> Path:
        """The folder of Python packages: "current" or "legacy"."""
        return self.folder / SITES / name

    def launch(
        self, device: str, program: Path, arguments: Sequence[str] = (), setting: Setting = DEFAULT_SETTING
    ) -> Launch:
        """The command that starts a program on an emulated device.

        Args:
            device: name of a profile with an [emulator].
            program: an aarch64 executable, or `python(device)`.
            arguments: its arguments.
            setting: packages, variables, plugin.

        Raises:
            InputError: no such device.
            RuntimeFailure: as of `root`.
        """
        profile = emulated_profile(device)
        assert profile.emulator is not None
        variables = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", **_THREADS}
        paths = [str(path) for path in setting.paths]
        if is_native():
            variables["PYTHONPATH"] = os.pathsep.join(paths)
            return Launch([str(program), *arguments], {**os.environ, **variables, **setting.environment})
        root = device_root(self.folder, profile)
        packages = os.pathsep.join([*paths, f"/{SITES}/{setting.site}"])
        variables |= {"PYTHONHOME": f"/{USERLAND}/usr", "PYTHONPATH": packages, "PATH": "/usr/bin:/bin"}
        start, folder = [str(program)], None
        command = [str(self.folder / "host/usr/bin/qemu-aarch64"), "-cpu", profile.emulator.cpu]
        command += [*_REPEATABLE, "-L", "."] if setting.repeatable else ["-L", str(root)]
        if setting.repeatable:  # the program sees how it was started: by the same path everywhere
            within = str(program.relative_to(root))
            command, start, folder = [*command, "-0", f"/{within}"], [within], root
        command += [] if setting.plugin is None else ["-plugin", setting.plugin]
        # The emulator finds its libraries by this variable; the emulated program must not see it.
        command += ["-U", "LD_LIBRARY_PATH"]
        for name, value in {**variables, **setting.environment}.items():
            command += ["-E", f"{name}={value}"]
        libraries = f"{self.folder}/host/usr/lib/x86_64-linux-gnu:{self.folder}/host/lib/x86_64-linux-gnu"
        return Launch([*command, *start, *arguments], {"LD_LIBRARY_PATH": libraries}, folder)

    def run(
        self,
        device: str,
        program: Path,
        arguments: Sequence[str] = (),
        setting: Setting = DEFAULT_SETTING,
        timeout_s: float = 600,
    ) -> Completed:
        """The result of running a program to its end; arguments as of `launch`.

        Raises:
            InputError: no such device.
            RuntimeFailure: it cannot be started, or does not end in `timeout_s`.
        """
        launch = self.launch(device, program, arguments, setting)
        try:
            done = subprocess.run(
                launch.command,
                env=launch.environment,
                cwd=launch.folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeFailure(f"no end after {timeout_s:g} s on {device}", where=str(program)) from error
        except OSError as error:
            raise RuntimeFailure(f"cannot start the emulator: {error.strerror}", where=str(program)) from error
        return Completed(done.returncode, done.stdout, done.stderr)


def is_native() -> bool:
    """Whether this machine runs aarch64 programs without emulation."""
    return platform.machine() == "aarch64"
