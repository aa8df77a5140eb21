"""Nonnegative coefficients with the least sum of absolute relative errors, exactly and without a solver.

Least absolute deviations let a network that does not fit (its kernels changed since it was measured) stay as it is,
where least squares bend every coefficient towards it. A best solution lies on a vertex: of K coefficients, k are above
zero and k rows are met exactly. All of them are tried, which for tens of rows and four coefficients takes a moment, and
gives the same result everywhere.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from edgeface.graph.types import Array

_BATCH = 1 << 14


def fit(features: Array, wanted: Array) -> Array:
    """Coefficients float64 [K] that minimize the sum of |features · coefficients / wanted − 1|.

    Args:
        features: float64 [N, K], nonnegative, N ≥ K.
        wanted: float64 [N], above zero.
    """
    rows = features / wanted[:, None]
    best, coefficients = np.inf, np.zeros(features.shape[1])
    for count in range(1, features.shape[1] + 1):
        met = np.array(list(combinations(range(len(rows)), count)))
        for columns in combinations(range(features.shape[1]), count):
            for start in range(0, len(met), _BATCH):
                found = _vertices(rows[:, columns], met[start : start + _BATCH])
                if not len(found):
                    continue
                sums = np.abs(found @ rows[:, columns].T - 1).sum(axis=1)
                at = int(sums.argmin())
                if sums[at] < best * (1 - 1e-12):
                    best, coefficients = float(sums[at]), np.zeros(features.shape[1])
                    coefficients[list(columns)] = found[at]
    return coefficients


def left_out_errors(features: Array, wanted: Array) -> Array:
    """Relative errors float64 [N], signed, each of a row that was left out of the fit."""
    errors = np.empty(len(wanted))
    for index in range(len(wanted)):
        kept = np.arange(len(wanted)) != index
        errors[index] = features[index] @ fit(features[kept], wanted[kept]) / wanted[index] - 1
    return errors


def _vertices(rows: Array, met: Array) -> Array:
    """Nonnegative solutions float64 [M, k] that meet the rows in `met` [P, k] exactly."""
    systems = rows[met]
    scale = np.maximum(systems.max(axis=1, keepdims=True), 1e-300)
    solvable = np.abs(np.linalg.det(systems / scale)) > 1e-9
    found = np.linalg.solve(systems[solvable], np.ones((int(solvable.sum()), rows.shape[1], 1)))[..., 0]
    return found[(found >= 0).all(axis=1)]
