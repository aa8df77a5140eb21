"""Models on a board, by ssh or adb: each in an agent of its own there, pinned to the board's fastest processors."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edgeface.backends.device import Device
from edgeface.bench.rounds import Samples, collect, iterations_for
from edgeface.core.progress import track
from edgeface.devices.connect import connect, site_of
from edgeface.devices.latency import noise_feeds
from edgeface.devices.runner import DeviceRunner, RuntimeMissing, loadings_of
from edgeface.devices.state import DeviceState, device_state
from edgeface.errors import InputError


@dataclass(frozen=True)
class BoardSamples:
    """Latencies by lane, the board that they are of, and why they may be doubtful."""

    samples: dict[str, Samples]
    machine: dict[str, Any]
    notes: tuple[str, ...]


def refuse_emulated(device: Device) -> None:
    """Refuse an emulated device, whose clock is this machine's.

    Raises:
        InputError: naming what tells times of such a device.
    """
    if device.is_emulated:
        raise InputError(
            f"{device} is emulated: how long it takes says nothing about a board",
            where="--on",
            fix="`edgeface predict ARTIFACT --device rk3399` (with --core a72 or a53) predicts milliseconds there; "
            "--on ssh:HOST and --on adb measure a real board",
        )


def board_samples(lanes: Mapping[str, tuple[Path, int]], device: Device, rounds: int, batch_ms: float) -> BoardSamples:
    """The latencies of models on a board, in interleaved rounds.

    Args:
        lanes: by label, a model file and how many threads run it.
        device: a board by ssh or adb.
        rounds: rounds over all lanes.
        batch_ms: duration of one lane's runs in a round.

    Raises:
        InputError: the board has fewer processors than threads are wanted.
        RuntimeFailure: it cannot be reached, lacks the runtime, or refuses a model.
    """
    with ExitStack() as stack:
        runners: dict[str, DeviceRunner] = {}
        states: list[DeviceState] = []
        for label, (model, threads) in track(lanes.items(), f"loading on {device}", len(lanes)):
            runner, state = _loaded(model, threads, device, stack)
            runner.run(noise_feeds(runner.inputs))
            runners[label] = runner
            states.append(state)
        runs = {label: lambda count, runner=runner: runner.latencies_ms(count, 0) for label, runner in runners.items()}
        sizes = {label: iterations_for(run, batch_ms) for label, run in runs.items()}
        samples = collect(runs, sizes, track(range(rounds), "measuring", total=rounds))
        states.append(device_state(next(iter(runners.values())).link))
    versions = {runner.loading.path: runner.version for runner in runners.values()}
    unpinned = [f"{label} could not be pinned: {each.unpinned}" for label, each in runners.items() if each.unpinned]
    warnings = [f"warning: {line}" for state in states for line in state.warnings()]
    used = [f"{path} {version}" for path, version in versions.items()]
    notes = dict.fromkeys([states[0].summary(), *used, *warnings, *unpinned])
    machine = {"processor": states[0].summary(), "cores": len(states[0].cpus), "versions": versions}
    return BoardSamples(samples, machine, tuple(notes))


def _loaded(model: Path, threads: int, device: Device, stack: ExitStack) -> tuple[DeviceRunner, DeviceState]:
    """A model in the first runtime for it that the board has, in a session of its own."""
    missing: RuntimeMissing | None = None
    for loading in loadings_of(model):
        link = stack.enter_context(connect(device, site_of(loading)))
        state = device_state(link)
        if threads > len(state.cpus):
            raise InputError(
                f"{device} has {len(state.cpus)} processors", where="--threads", fix=f"use at most {len(state.cpus)}"
            )
        try:
            return DeviceRunner(link, model, replace(loading, threads=threads, cpus=state.pinned(threads))), state
        except RuntimeMissing as error:
            missing = missing or error
    assert missing is not None
    raise missing
