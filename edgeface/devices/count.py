"""Counts of one inference on an emulated device: instructions and cache misses.

The device's own runtime runs under QEMU with one thread while a plugin (`counts.c`) counts. Kernels are those that the
board would choose, so the counts rank implementations of a layer as a board would. Nothing of the host shows to the
program that is counted: neither paths, variables and processors, nor where the host has its memory. So counts are the
same on any machine, but for a few instructions; `devices/fitted.py` makes milliseconds of them.
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
from edgeface.core.progress import track
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

_NONCE = "0" * 32
_FLOAT_SPREAD, _INTEGER_SPREAD = 0.5, 40.0


@dataclass(frozen=True)
class Counts:
    """Counts of one inference on one core.

    Attributes:
        instructions: all.
        vector: of vector arithmetic alone.
        l1_misses: accesses that miss the simulated L1 data cache, of loads and stores; no prefetcher is simulated.
        l2_misses: those of them that miss the simulated L2 too.
        vector_memory: loads and stores of vector and floating-point registers.
        float_products: multiplications and multiply-adds of 128 bits in floating point, `integer_products` those of
            integers: what a core's peak is stated in.
        accesses: loads and stores, each of up to 64 bits; `reads` are the loads.
        l2_reads: loads among `l2_misses`.
    """

    instructions: int
    vector: int
    l1_misses: int
    l2_misses: int
    vector_memory: int = 0
    float_products: int = 0
    integer_products: int = 0
    accesses: int = 0
    reads: int = 0
    l2_reads: int = 0

    @property
    def writes(self) -> int:
        """Stores, each of up to 64 bits."""
        return self.accesses - self.reads

    @property
    def other(self) -> int:
        """Instructions that are not vector arithmetic: loads and stores, addresses, branches."""
        return self.instructions - self.vector


def count_models(
    models: Sequence[Path], device: str = "a72", loading: Loading | None = None, warm_up: bool = True
) -> list[Counts]:
    """The counts of one inference of each model on seeded noise, after one that is not counted.

    All models run in one session, since starting takes most of the time.

    Args:
        models: .onnx, .tflite or .param files, all of the runtime's format.
        device: name of a profile with an [emulator]; the caches of its fastest cluster are simulated. Runtimes choose
            kernels by the kind of core, so each kind is counted by its own.
        loading: runtime and kernels; by default LiteRT with XNNPACK. One thread is counted.
        warm_up: whether the first inference is not the one that is counted.

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
        with Link(_launch(emulator, device, site_of(chosen), found), device, _NONCE) as link:
            for model in track(models, "counted") if len(models) > 1 else models:
                runner = DeviceRunner(link, model, chosen)
                feeds = _noise(runner.inputs)
                if warm_up:
                    runner.run(feeds)
                runner.run(feeds, marked=True)
        lines = [line.split() for line in found.read_text().splitlines()]
    if len(lines) != len(models):
        raise RuntimeFailure(f"{len(lines)} of {len(models)} models were counted", where=device)
    return [Counts(**dict(zip(line[::2], map(int, line[1::2]), strict=True))) for line in lines]


def _launch(emulator: Emulator, device: str, site: str, found: Path) -> Launch:
    counted = emulated_profile(device).fastest
    caches = {"l1": counted.l1d, "l2": counted.l2}
    options = [f"{name}_kib={cache.kib},{name}_ways={cache.ways}" for name, cache in caches.items()]
    plugin = ",".join([str(_plugin(emulator)), f"out={found}", *options])
    setting = Setting(site, plugin=plugin, repeatable=True)
    return emulator.launch(device, emulator.python(device), ["-c", BOOTSTRAP], setting)


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


def _noise(inputs: Sequence[TensorSpec]) -> dict[str, Array]:
    if any(side < 0 for spec in inputs for side in spec.shape):
        raise InputError("the model's input has no fixed size", fix="export it for one input size")
    random = np.random.default_rng(0)
    spreads = {spec.name: _FLOAT_SPREAD if spec.dtype == "float32" else _INTEGER_SPREAD for spec in inputs}
    return {spec.name: random.normal(0, spreads[spec.name], spec.shape).astype(spec.dtype) for spec in inputs}
