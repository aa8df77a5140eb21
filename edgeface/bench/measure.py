"""Time artifacts in processes of their own, interleaved with the core's peak."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edgeface.bench.client import Worker
from edgeface.bench.peak import PRODUCTS
from edgeface.bench.result import BenchReport, Measurement, describe_machine
from edgeface.bench.rounds import (
    BATCH_MS,
    Samples,
    collect,
    iterations_for,
    peak_rates,
    peak_share,
    ratio,
    spread,
)
from edgeface.bench.subject import Subject, open_subjects
from edgeface.errors import InputError
from edgeface.progress import track

_SPIN_S = 0.05  # longer than idle threads of ONNX Runtime and XNNPACK wait actively for work


@dataclass(frozen=True)
class BenchRequest:
    """What to measure.

    Args:
        paths: artifact folders, .onnx or .tflite files.
        threads: thread counts, each measured for every artifact.
        baseline: one of `paths`, or the label of one; the first by default.
        rounds: rounds over all lanes, at least 3.
        batch_ms: time of one lane's batch in a round.
    """

    paths: Sequence[Path]
    threads: Sequence[int] = (1,)
    baseline: Path | None = None
    rounds: int = 15
    batch_ms: float = BATCH_MS


def bench(request: BenchRequest) -> BenchReport:
    """Measure the latency of one inference, its ratio to a baseline, and its share of the peak.

    A latency includes copying inputs in and outputs out.

    Raises:
        InputError: a request that cannot be measured.
        RuntimeFailure: a model does not load or run, or its process dies.
    """
    subjects = open_subjects(request.paths)
    baseline = _baseline(request, subjects)
    _check(request)
    samples = _sample(subjects, request)
    peaks = {kind: peak_rates(samples[_peak_lane(kind)], product.operations) for kind, product in PRODUCTS.items()}
    measurements = []
    for threads in request.threads:
        reference = samples[_lane(baseline, threads)]
        for subject in subjects:
            scaled = [peak * threads for peak in peaks[subject.arithmetic]]
            measurements.append(_measurement(subject, threads, samples[_lane(subject, threads)], reference, scaled))
    gops = {str(kind): median(rates) / 1e9 for kind, rates in peaks.items()}
    return BenchReport(baseline.label, request.rounds, gops, tuple(measurements), describe_machine())


def _sample(subjects: Sequence[Subject], request: BenchRequest) -> dict[str, Samples]:
    wanted = {_peak_lane(kind): {"peak": kind} for kind in PRODUCTS}
    loads: dict[str, dict[str, object]] = {lane: dict(load) for lane, load in wanted.items()}
    for threads in request.threads:
        for subject in subjects:
            loads[_lane(subject, threads)] = {"model": str(subject.model), "threads": threads}
    pause_s = _SPIN_S if max(request.threads) > 1 else 0.0
    with ExitStack() as stack:
        workers = {lane: stack.enter_context(Worker(lane, load)) for lane, load in loads.items()}
        lanes = {lane: worker.run for lane, worker in workers.items()}
        sizes = {lane: iterations_for(run, request.batch_ms) for lane, run in lanes.items()}
        rounds = track(range(request.rounds), "measuring", total=request.rounds)
        return collect(lanes, sizes, rounds, pause_s)


def _measurement(
    subject: Subject, threads: int, samples: Samples, reference: Samples, peaks: Sequence[float]
) -> Measurement:
    middle, low, high = spread(samples)
    against = ratio(samples, reference)
    return Measurement(
        label=subject.label,
        threads=threads,
        median_ms=middle,
        p10_ms=low,
        p90_ms=high,
        ratio=against.value,
        ratio_low=against.low,
        ratio_high=against.high,
        peak_share=None if subject.macs is None else peak_share(samples, subject.macs, peaks),
        runs=sum(map(len, samples)),
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
    if request.rounds < 3:
        raise InputError(f"{request.rounds} rounds show no spread", fix="use 3 rounds or more")


def _lane(subject: Subject, threads: int) -> str:
    return f"{subject.label} ({threads} thread{'s' if threads > 1 else ''})"


def _peak_lane(kind: str) -> str:
    return f"peak of {kind}"
