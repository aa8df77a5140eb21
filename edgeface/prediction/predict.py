"""The milliseconds of a model on a board."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgeface.devices.profile_latency import Latency
from edgeface.errors import EdgefaceError, InputError, RuntimeFailure
from edgeface.prediction.counted import counted
from edgeface.prediction.dtype import dtype_of
from edgeface.prediction.estimate import estimate, shares_of
from edgeface.prediction.evidence import CAVEATS, WEIGHTLESS, evidence_of
from edgeface.prediction.known import choose_latencies, counted_on, share_of
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.runtimes import BoardRuntime, board_runtimes
from edgeface.prediction.subject import Subject, subject_of
from edgeface.reading.given_path import StrPath, given_path

DEVICE = "rk3399"


def predict(
    model: StrPath,
    device: str = DEVICE,
    runtime: str | None = None,
    core: str | None = None,
    threads: int | None = None,
) -> Prediction:
    """The prediction for one runtime on some cores.

    Args:
        model: an artifact's folder, an `Artifact` or a model file.
        device: a board whose profile has latency tables.
        runtime: "litert", "tflite-runtime", "ort" or "ncnn"; by default the one to have for the file.
        core: a kind of its cores; by default the fastest.
        threads: how many of them run; by default one.

    Raises:
        InputError: the model is not usable, the runtime does not read it, or nothing was published for these cores.
        RuntimeFailure: the model has not been counted yet, and cannot be: no emulator is set up, or the runtime
            refuses the model.

    Example:
        >>> prediction = edgeface.predict("out/retinaface_mnet025-tflite-int8", device="rk3399")
        >>> print(prediction.low_ms, prediction.expected_ms, prediction.high_ms)
    """
    chosen = choose_latencies(device, core, threads)
    subject = subject_of(given_path(model, "model"))
    first = board_runtimes(subject.file, runtime)[0]
    return _predict(subject, device, first, _telling(chosen, first, device)[0])


def predict_all(
    model: Path, device: str = DEVICE, runtime: str | None = None, core: str | None = None, threads: int | None = None
) -> tuple[Prediction, ...]:
    """A prediction for each runtime that runs the model, on each kind and number of cores that is known.

    Arguments are those of `predict`, but None takes each runtime, kind of core and number of threads. Every runtime
    and kind of core is a count of its own.

    Raises:
        InputError: as `predict`.
        RuntimeFailure: as `predict`, if none of the runtimes runs the model.
    """
    return predict_each(model, device, runtime, core, threads)[0]


def predict_each(
    model: Path, device: str = DEVICE, runtime: str | None = None, core: str | None = None, threads: int | None = None
) -> tuple[tuple[Prediction, ...], dict[str, str]]:
    """What `predict_all` returns, and why the other runtimes do not run the model, by name.

    Raises:
        InputError, RuntimeFailure: as `predict_all`.
    """
    chosen = choose_latencies(device, core, threads)
    subject = subject_of(model)
    found: list[Prediction] = []
    refused: dict[str, EdgefaceError] = {}
    for each in board_runtimes(subject.file, runtime):
        try:
            found += [_predict(subject, device, each, latency) for latency in _telling(chosen, each, device)]
        except (UnknownLatencyError, RuntimeFailure) as error:
            refused[each.name] = error
    if not found:
        raise next(iter(refused.values()))
    return tuple(found), {name: error.what for name, error in refused.items()}


class UnknownLatencyError(InputError):
    """No fit says what a runtime takes on the cores that were asked for."""


def _telling(chosen: Sequence[Latency], runtime: BoardRuntime, device: str) -> list[Latency]:
    found = [latency for latency in chosen if latency.tells_of(runtime.name)]
    if not found:
        cores = " or ".join(dict.fromkeys(latency.core.upper() for latency in chosen))
        raise UnknownLatencyError(
            f"nothing is known of {runtime.title} on the {cores} of {device}: what was fitted to "
            f"{chosen[0].runtime} there does not carry over",
            where="--core",
            fix="ask for its other cores, or measure: edgeface bench, parity --on ssh:HOST",
        )
    return found


def _predict(subject: Subject, device: str, runtime: BoardRuntime, latency: Latency) -> Prediction:
    (counts,) = counted([subject.file], counted_on(device, latency.counted_core), runtime)
    dtype = dtype_of(subject.file, runtime)
    share = share_of(device, runtime.name, dtype)
    return Prediction(
        **vars(estimate(counts, latency, share, runtime.name)),
        model=subject.file,
        title=subject.title,
        device=device,
        runtime=runtime.name,
        version=runtime.version,
        core=latency.core,
        threads=latency.threads,
        dtype=dtype,
        shares=shares_of(counts, latency),
        evidence=evidence_of(runtime, dtype, latency, share),
        caveats=(*CAVEATS, WEIGHTLESS) if runtime.loading_of(subject.file).weightless else CAVEATS,
        counts=counts,
    )
