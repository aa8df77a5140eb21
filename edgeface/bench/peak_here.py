"""The peak of one core of this machine in float32 and int8, measured in this process in a fraction of a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgeface.backends.open import Runner
from edgeface.bench.peak import PRODUCTS, peak_model

_ROUNDS, _BATCH_S = 6, 0.012


@dataclass(frozen=True)
class Peak:
    """10⁹ operations a second of one core: multiplications and additions of float32, and of uint8 by int8."""

    fp32_gflops: float
    int8_gops: float

    @property
    def ratio(self) -> float:
        """How many times as quick int8 is where only products take time."""
        return self.int8_gops / self.fp32_gflops


def peak_here() -> Peak:
    """The peak of this core, by matrix products in ONNX Runtime with one thread, as `edgeface bench` measures it.

    The quickest run of each counts, in time of the processor: other programs only make a run slower.

    Raises:
        InputError: ONNX Runtime is not installed.
        RuntimeFailure: it does not run the product.
    """
    from edgeface.backends.onnx.runner import OrtRunner

    runs = {kind: _timed(OrtRunner(peak_model(kind), threads=1)) for kind in PRODUCTS}
    best = dict.fromkeys(PRODUCTS, float("inf"))
    for _ in range(_ROUNDS):  # in turns, so that a busy moment slows both
        for kind, run in runs.items():
            best[kind] = min(best[kind], run())
    rates = {kind: product.operations / best[kind] / 1e9 for kind, product in PRODUCTS.items()}
    return Peak(rates["fp32"], rates["int8"])


def _timed(runner: Runner) -> Callable[[], float]:
    """What returns the seconds of the quickest of a few runs."""
    rng = np.random.default_rng(0)
    feeds = {spec.name: (rng.random(spec.shape) * 100).astype(spec.dtype) for spec in runner.inputs}

    def quickest() -> float:
        found, end = float("inf"), time.perf_counter() + _BATCH_S
        while found == float("inf") or time.perf_counter() < end:
            start = time.thread_time()
            runner.run(feeds)
            found = min(found, time.thread_time() - start)
        return found

    return quickest
