"""Benchmarks of artifacts in separate processes, interleaved with the core's peak."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from edgeface.backends.device import GPU, HERE, Device
from edgeface.backends.tensorrt.cuda.driver import usable_gpu
from edgeface.bench.client import Worker
from edgeface.bench.fastest import Fastest, fastest
from edgeface.bench.on_board import board_samples, refuse_emulated
from edgeface.bench.peak import PRODUCTS, Product
from edgeface.bench.result import BenchReport, Measurement, describe_machine
from edgeface.bench.rounds import (
    BATCH_MS,
    Run,
    Samples,
    collect,
    iterations_for,
    peak_rates,
    peak_share,
    ratio,
    spread,
)
from edgeface.bench.subject import Arithmetic, Subject, open_subjects
from edgeface.core.progress import track
from edgeface.errors import InputError
from edgeface.reading.existing import refuse_missing

_PEAKS, _PEAK_PART = "the peaks", 0.25
"""Of a peak the fastest run of a round counts, and one takes a tenth of a millisecond: less time shows the same."""

_SPIN_S = 0.05  # longer than idle threads of ONNX Runtime and XNNPACK spin while waiting for work


@dataclass(frozen=True)
class BenchRequest:
    """Artifacts to measure, and how.

    Args:
        paths: artifact folders or model files.
        threads: thread counts, each measured for every artifact.
        baseline: one of `paths`, or the label of one; the first by default.
        rounds: rounds over all lanes, at least 3.
        batch_ms: duration of one lane's runs in a round.
        batches: batch sizes, each measured for every artifact.
        on: the device that runs the artifacts.
        peaks: whether the core's peak is measured in between, on this processor.
    """

    paths: Sequence[Path]
    threads: Sequence[int] = (1,)
    baseline: Path | None = None
    rounds: int = 15
    batch_ms: float = BATCH_MS
    batches: Sequence[int] = (1,)
    on: Device = HERE
    peaks: bool = True


@dataclass(frozen=True)
class _Lane:
    """One artifact with one number of threads and one batch size."""

    subject: Subject
    threads: int
    batch: int

    @property
    def label(self) -> str:
        threads = f"{self.threads} thread{'s' if self.threads > 1 else ''}"
        return f"{self.subject.label} ({threads}{f', batch {self.batch}' if self.batch > 1 else ''})"


def bench(request: BenchRequest, meanwhile: Callable[[], None] | None = None) -> BenchReport:
    """The latency of one inference, its ratio to a baseline, and its share of the peak.

    A latency includes copying inputs in and outputs out.

    Args:
        request: what to measure.
        meanwhile: called while the processes start, before anything is timed.

    Raises:
        InputError: a request that cannot be measured.
        RuntimeFailure: a model does not load or run, or its process dies.
    """
    refuse_emulated(request.on)
    refuse_missing({"ARTIFACTS": request.paths})
    subjects = open_subjects(request.paths, request.on)
    baseline = _baseline(request, subjects)
    _check(request)
    settings = [(threads, batch) for threads in request.threads for batch in request.batches]
    lanes = [_Lane(subject, *setting) for setting in settings for subject in subjects]
    products = PRODUCTS if request.on == HERE and request.peaks else {}
    memory: Mapping[str, int | None] = {}
    if request.on.has_agent:
        loads = {lane.label: (lane.subject.model, lane.threads) for lane in lanes}
        on_board = board_samples(loads, request.on, request.rounds, request.batch_ms)
        samples, notes, machine = on_board.samples, on_board.notes, on_board.machine
    else:
        samples, notes, memory = _sample(lanes, products, request, meanwhile)
        machine = describe_machine()
    peaks = {kind: peak_rates(samples[_peak_lane(kind)], product.operations) for kind, product in products.items()}
    measurements = [
        _measurement(
            lane,
            samples[lane.label],
            samples[_Lane(baseline, lane.threads, lane.batch).label],
            peaks.get(lane.subject.arithmetic),
            memory.get(lane.label),
        )
        for lane in lanes
    ]
    gops = {str(kind): median(rates) / 1e9 for kind, rates in peaks.items()}
    said = tuple(dict.fromkeys(subject.advice for subject in subjects if subject.advice is not None))
    found = tuple(_fastest(lanes, samples)) if len(subjects) > 1 and _do_the_same(subjects) else ()
    on = str(request.on)
    return BenchReport(baseline.label, request.rounds, gops, tuple(measurements), machine, on, notes, said, found)


def _do_the_same(subjects: Sequence[Subject]) -> bool:
    """Whether all have one task, as far as manifests say: a detector is not quicker than a recognizer."""
    return len({type(subject.manifest.contract) for subject in subjects if subject.manifest is not None}) <= 1


def _fastest(lanes: Sequence[_Lane], samples: Mapping[str, Samples]) -> Iterator[Fastest]:
    """The fastest artifact of each number of threads and batch."""
    for threads, batch in dict.fromkeys((lane.threads, lane.batch) for lane in lanes):
        of = [lane for lane in lanes if (lane.threads, lane.batch) == (threads, batch)]
        found = {lane.subject.label: samples[lane.label] for lane in of}
        yield fastest(found, {lane.subject.label: lane.subject.gate for lane in of}, threads, batch)


def _sample(
    lanes: Sequence[_Lane],
    products: Mapping[Arithmetic, Product],
    request: BenchRequest,
    meanwhile: Callable[[], None] | None,
) -> tuple[dict[str, Samples], tuple[str, ...], dict[str, int | None]]:
    """Samples by lane, the distinct notes of the lanes' runtimes, and by how many bytes each lane's process grew."""
    loads: dict[str, dict[str, object]] = {}
    for lane in lanes:
        load = {"model": str(lane.subject.model), "threads": lane.threads, "batch": lane.batch}
        loads[lane.label] = load | {"on": str(request.on)}
    pause_s = _SPIN_S if max(request.threads) > 1 else 0.0
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(name, load)) for name, load in loads.items()}
        runs: dict[str, Run] = {name: worker.run for name, worker in workers.items()}
        if products:
            peaks = workers[_PEAKS] = stack.enter_context(Worker(_PEAKS, {"peaks": list(products)}))
            runs |= {_peak_lane(kind): partial(peaks.run, of=kind) for kind in products}
        if meanwhile is not None:
            meanwhile()
        notes = dict.fromkeys(note for worker in workers.values() for note in worker.notes)
        # With one thread each, lanes warm up side by side: only how many runs make a batch depends on it.
        cores = len(os.sched_getaffinity(0)) if max(request.threads) == 1 else 1
        with ThreadPoolExecutor(cores) as pool:
            batches = [request.batch_ms * (1 if name in loads else _PEAK_PART) for name in runs]
            warm = pool.map(iterations_for, runs.values(), batches)
            sizes = dict(zip(runs, warm, strict=True))
        rounds = track(range(request.rounds), "measuring", total=request.rounds)
        samples = collect(runs, sizes, rounds, pause_s)
        for worker in workers.values():  # all end concurrently
            worker.finish()
        return samples, tuple(notes), {name: worker.memory_bytes for name, worker in workers.items()}


def _measurement(
    lane: _Lane, samples: Samples, reference: Samples, peaks: Sequence[float] | None, memory_bytes: int | None
) -> Measurement:
    subject = lane.subject
    middle, low, high = spread(samples)
    against = ratio(samples, reference)
    share = None
    if peaks is not None and subject.macs is not None:
        share = peak_share(samples, subject.macs * lane.batch, [peak * lane.threads for peak in peaks])
    return Measurement(
        label=subject.label,
        threads=lane.threads,
        median_ms=middle,
        p10_ms=low,
        p90_ms=high,
        ratio=against.value,
        ratio_low=against.low,
        ratio_high=against.high,
        peak_share=share,
        runs=sum(map(len, samples)),
        batch=lane.batch,
        memory_bytes=memory_bytes,
    )


def _baseline(request: BenchRequest, subjects: Sequence[Subject]) -> Subject:
    if request.baseline is None:
        return subjects[0]
    for path, subject in zip(request.paths, subjects, strict=True):
        if path.resolve() == request.baseline.resolve() or subject.label == str(request.baseline):
            return subject
    raise InputError(
        "the baseline is not among the artifacts to measure",
        where=str(request.baseline),
        fix=f"use one of {', '.join(subject.label for subject in subjects)}",
    )


def _check(request: BenchRequest) -> None:
    if not request.threads or min(request.threads) < 1 or len(set(request.threads)) < len(request.threads):
        raise InputError(f"cannot measure with threads {list(request.threads)}", fix="e.g. --threads 1,2")
    if not request.batches or min(request.batches) < 1 or len(set(request.batches)) < len(request.batches):
        raise InputError(f"cannot measure batches of {list(request.batches)}", fix="e.g. --batch 1,8,64")
    if request.on.has_agent and tuple(request.batches) != (1,):
        raise InputError(f"{request.on} is measured one image at a time", where="--batch", fix="leave out --batch")
    if request.on == GPU:
        if tuple(request.threads) != (1,):
            raise InputError("a GPU has no number of threads", where="--threads", fix="leave out --threads")
        usable_gpu()
    if request.rounds < 3:
        raise InputError(f"{request.rounds} rounds show no spread", fix="use 3 rounds or more")


def _peak_lane(kind: str) -> str:
    return f"peak of {kind}"
