"""Counts of one inference on an emulated device: instructions and cache misses.

The device's own runtime runs under QEMU with one thread while a plugin (`counts.c`) counts. Kernels are those that the
board would choose, so the counts rank implementations of a layer as a board would; without address randomization
they are exactly repeatable.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from edgeface.backends.runtime import TensorSpec
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.devices.connect import site_of
from edgeface.devices.emulator import Emulator, Launch, Setting, is_native
from edgeface.devices.install import installed
from edgeface.devices.link import BOOTSTRAP, Link
from edgeface.devices.runner import DeviceRunner, Loading
from edgeface.devices.table import emulated_profile
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.types import Array

_FLOAT_SPREAD, _INTEGER_SPREAD = 0.5, 40.0


@dataclass(frozen=True)
class Counts:
    """Counts of one inference: instructions, and misses of the simulated caches."""

    instructions: int
    vector: int
    l1_misses: int
    l2_misses: int

    @property
    def predicted_ms(self) -> float:
        """Predicted latency in milliseconds on one Cortex-A72 of an RK3399.

        The coefficients are cycles at 1.8 GHz, the middle of what a least-squares fit to 33 published networks of ncnn
        found (mean error 6.7 % left-one-out). For ranking; not fitted to LiteRT.
        """
        cycles = 0.75 * self.vector + 1.55 * (self.instructions - self.vector)
        cycles += 6.0 * (self.l1_misses - self.l2_misses) + 14.5 * self.l2_misses
        return cycles / 1.8e6


def count_models(models: Sequence[Path], device: str = "a72", loading: Loading | None = None) -> list[Counts]:
    """The counts of one inference of each model on seeded noise, after one that is not counted.

    All models run in one session, since starting takes most of the time.

    Args:
        models: .onnx or .tflite files, all of the runtime's format.
        device: name of a profile with an [emulator]; the caches of its fastest cluster are simulated.
        loading: runtime and kernels; by default LiteRT with XNNPACK. One thread is counted.

    Raises:
        InputError: no such device.
        RuntimeFailure: no emulator is set up, there is no compiler for the plugin, or a model fails.
    """
    chosen = loading or Loading()
    emulator = installed()
    if is_native():
        raise RuntimeFailure("counting needs the emulator, and this machine is aarch64 itself")
    with temporary_folder() as scratch:
        found = scratch / "counts"
        with Link(_launch(emulator, device, site_of(chosen), found), device) as link:
            for model in models:
                runner = DeviceRunner(link, model, chosen)
                feeds = _noise(runner.inputs)
                runner.run(feeds)
                runner.run(feeds, marked=True)
        lines = [[int(word) for word in line.split()] for line in found.read_text().splitlines()]
    if len(lines) != len(models):
        raise RuntimeFailure(f"{len(lines)} of {len(models)} models were counted", where=device)
    return [Counts(every, vector + moved, l1, l2) for vector, moved, every, _, l1, l2 in lines]


def _launch(emulator: Emulator, device: str, site: str, found: Path) -> Launch:
    counted = emulated_profile(device).fastest
    caches = {"l1": counted.l1d, "l2": counted.l2}
    options = [f"{name}_kib={cache.kib},{name}_ways={cache.ways}" for name, cache in caches.items()]
    plugin = ",".join([str(_plugin(emulator)), f"out={found}", *options])
    launch = emulator.launch(device, emulator.python(device), ["-c", BOOTSTRAP], Setting(site, plugin=plugin))
    return Launch([*_fixed_addresses(), *launch.command], launch.environment)


def _plugin(emulator: Emulator) -> Path:
    """The compiled plugin, kept in the cache next to the userland."""
    source = (resources.files("edgeface.devices") / "counts.c").read_bytes()
    built = emulator.folder.with_name(f"counts-{hashlib.sha256(source).hexdigest()[:12]}.so")
    if built.exists():
        return built
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RuntimeFailure("counting needs a C compiler", fix="install one: apt-get install gcc libc6-dev")
    with temporary_folder(emulator.folder.parent) as folder:
        made, text = folder / "counts.so", folder / "counts.c"
        fill_file(text, source)
        command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(made), str(text)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise RuntimeFailure(f"the counting plugin does not compile: {done.stderr.strip()[-300:]}", where=compiler)
        made.rename(built)
    return built


def _fixed_addresses() -> list[str]:
    """A prefix that turns off address randomization, so that counts repeat; some containers forbid it."""
    wrapper = ["setarch", "-R"]
    try:
        allowed = subprocess.run([*wrapper, "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        return []
    return wrapper if allowed else []


def _noise(inputs: Sequence[TensorSpec]) -> dict[str, Array]:
    if any(side < 0 for spec in inputs for side in spec.shape):
        raise InputError("the model's input has no fixed size", fix="export it for one input size")
    random = np.random.default_rng(0)
    spreads = {spec.name: _FLOAT_SPREAD if spec.dtype == "float32" else _INTEGER_SPREAD for spec in inputs}
    return {spec.name: random.normal(0, spreads[spec.name], spec.shape).astype(spec.dtype) for spec in inputs}
