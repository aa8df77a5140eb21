"""Values that no trained network has: NaN and infinity, weights of zeros, and numbers too small to count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.errors import InputError

SMALLEST = float(np.finfo(np.float32).tiny)
"""Below this, float32 is denormal: processors round it to zero, or slow down by it, each in another way."""

_FIX = "the training diverged, or the file is damaged; use another checkpoint"


def check_weights(weights: Mapping[str, NDArray[Any]], where: str, error: type[InputError] = InputError) -> None:
    """Refuse weights with which no network can find anything.

    NaN and infinity are refused anywhere; only zeros or only denormal numbers in tensors of two and more dimensions,
    which convolutions and matrix products multiply with; negative variances in `running_var`.

    Args:
        weights: floating-point or integer arrays by name.
        where: the file, for the error.
        error: the class of the error.

    Raises:
        InputError: of that class; it names the first such tensor.
    """
    for name, array in weights.items():
        wrong = _wrong(name, array)
        if wrong is not None:
            raise error(wrong, where=f"{where}: {name}", fix=_FIX)


def _wrong(name: str, array: NDArray[Any]) -> str | None:
    if array.dtype.kind != "f" or not array.size:
        return None
    finite = np.isfinite(array)
    if not finite.all():
        return f"{array.size - int(finite.sum())} of {array.size} values of {name} are NaN or infinite"
    if name.endswith("running_var") and float(array.min()) < 0:
        return f"{name} has negative variances, down to {float(array.min()):g}"
    return _too_small(name, array) if array.ndim > 1 else None


def _too_small(name: str, array: NDArray[Any]) -> str | None:
    largest = float(np.abs(array).max())
    if largest >= SMALLEST:
        return None
    if largest == 0:
        return f"all {array.size} values of {name} are zero"
    return f"no value of {name} is over {largest:.1e}: such denormal numbers count as zero"
