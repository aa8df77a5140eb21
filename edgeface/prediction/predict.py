"""The milliseconds of a model on a board."""

from __future__ import annotations

from pathlib import Path

from edgeface.prediction.choose_fits import choose_fits
from edgeface.prediction.counted import counted
from edgeface.prediction.dtype import dtype_of
from edgeface.prediction.estimate import estimate, shares_of
from edgeface.prediction.evidence import CAVEATS, evidence_of
from edgeface.prediction.fits import Fit, factor_of
from edgeface.prediction.prediction import Prediction
from edgeface.prediction.runtimes import BoardRuntime, board_runtimes
from edgeface.prediction.subject import Subject, subject_of

DEVICE = "rk3399"


def predict(
    model: Path, device: str = DEVICE, runtime: str | None = None, core: str | None = None, threads: int | None = None
) -> Prediction:
    """The prediction for one runtime on some cores.

    Args:
        model: an artifact's folder or a model file.
        device: a board whose profile has latency tables.
        runtime: "litert", "tflite-runtime", "ort" or "ncnn"; by default the one to have for the file.
        core: a kind of its cores; by default the fastest.
        threads: how many of them run; by default one.

    Raises:
        InputError: the model is not usable, the runtime does not read it, or nothing was published for these cores.
        RuntimeFailure: the model has not been counted yet, and cannot be: no emulator is set up, or the runtime
            refuses the model.
    """
    fit = choose_fits(device, core, threads)[0]
    subject = subject_of(model)
    return _predict(subject, device, board_runtimes(subject.file, runtime)[0], fit)


def predict_all(
    model: Path, device: str = DEVICE, runtime: str | None = None, core: str | None = None, threads: int | None = None
) -> tuple[Prediction, ...]:
    """A prediction for each runtime that reads the model, on each kind and number of cores that is known.

    Arguments are those of `predict`, but None takes each runtime, kind of core and number of threads. Every runtime
    and kind of core is a count of its own.

    Raises:
        InputError, RuntimeFailure: as `predict`.
    """
    fits = choose_fits(device, core, threads)
    subject = subject_of(model)
    runtimes = board_runtimes(subject.file, runtime)
    return tuple(_predict(subject, device, each, fit) for each in runtimes for fit in fits)


def _predict(subject: Subject, device: str, runtime: BoardRuntime, fit: Fit) -> Prediction:
    (counts,) = counted([subject.file], fit.core, runtime)
    dtype = dtype_of(subject.file)
    factor = factor_of(device, runtime.name, dtype)
    found = estimate(counts, fit, factor, is_fitted=fit.runtime == runtime.name)
    return Prediction(
        **vars(found),
        model=subject.file,
        title=subject.title,
        device=device,
        runtime=runtime.name,
        version=runtime.version,
        core=fit.core,
        threads=fit.threads,
        dtype=dtype,
        shares=shares_of(counts, fit),
        evidence=evidence_of(runtime, dtype, fit, factor),
        caveats=CAVEATS,
        counts=counts,
    )
