"""The peak of one core of this machine in float32 and int8, measured in a second."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from edgeface.bench.client import Worker
from edgeface.bench.peak import PRODUCTS

_ROUNDS, _RUNS = 6, 20


@dataclass(frozen=True)
class Peak:
    """10⁹ operations a second of one core: multiplications and additions of float32, and of uint8 by int8."""

    fp32_gflops: float
    int8_gops: float

    @property
    def ratio(self) -> float:
        """How many times as quick int8 is where only products take time."""
        return self.int8_gops / self.fp32_gflops


@cache
def peak_here() -> Peak:
    """The peak of this core, by the matrix products in ONNX Runtime with one thread that `edgeface bench` measures.

    They run in a process of their own, which imports what this one does not need. The quickest run of each counts:
    other programs only make a run slower. It is measured once in a process.

    Raises:
        RuntimeFailure: ONNX Runtime is not installed, or does not run the product.
    """
    best = dict.fromkeys(PRODUCTS, float("inf"))
    with Worker("the peaks", {"peaks": list(PRODUCTS)}) as worker:
        for _ in range(_ROUNDS):  # in turns, so that a busy moment slows both
            for kind in PRODUCTS:
                best[kind] = min(best[kind], *worker.run(_RUNS, of=kind))
    rates = {kind: product.operations / (best[kind] * 1e-3) / 1e9 for kind, product in PRODUCTS.items()}
    return Peak(rates["fp32"], rates["int8"])
