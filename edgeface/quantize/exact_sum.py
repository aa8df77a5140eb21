"""Sums of second moments that do not depend on the order of the addends.

Every addend is split into a multiple of 2^-10 and a rest that is rounded to a multiple of 2^-50; each kind has its own
sum in float64, which is exact up to 2^53 units: for any order of up to 2^14 numbers up to 2^28 in magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeface.graph.types import Array

COARSE = 2.0**10
FINE = 2.0**40
_BLOCK = 1 << 15


@dataclass(frozen=True, eq=False)
class ExactSum:
    """A sum of arrays of one shape: `coarse` in units of 2^-10 and `fine` in units of 2^-50, float64 integers.

    Of symmetric matrices [K, K] only the upper triangle is kept; what is below it means nothing.
    """

    coarse: Array
    fine: Array

    @classmethod
    def zeros(cls, shape: tuple[int, ...]) -> ExactSum:
        """An empty sum."""
        return cls(np.zeros(shape), np.zeros(shape))

    def add(self, addend: Array, factor: float = 1.0) -> None:
        """Add an array times a factor, in place; of a matrix [K, K], which must be symmetric, the upper triangle.

        A few rows at a time stay in the processor's cache.
        """
        triangle = addend.ndim == 2
        given, coarse, fine = (array.reshape(len(array), -1) for array in (addend, self.coarse, self.fine))
        step = max(1, _BLOCK // given.shape[1])
        for start in range(0, len(given), step):
            part = slice(start, start + step), slice(start if triangle else 0, None)
            units = np.multiply(given[part], factor * COARSE, dtype=np.float64)
            whole = np.rint(units)
            coarse[part] += whole
            units -= whole
            units *= FINE
            fine[part] += np.rint(units, out=units)

    def __add__(self, other: ExactSum) -> ExactSum:
        """The sum of all addends of both."""
        return ExactSum(self.coarse + other.coarse, self.fine + other.fine)

    def total(self) -> Array:
        """The sum, float64; of matrices [K, K] by their upper triangles."""
        found: Array = self.coarse / COARSE + self.fine / (COARSE * FINE)
        return np.triu(found) + np.triu(found, 1).T if found.ndim == 2 else found

    def packed(self) -> tuple[Array, Array]:
        """Both parts; of matrices [K, K] the upper triangles, row by row."""
        if self.coarse.ndim != 2:
            return self.coarse, self.fine
        upper = np.triu_indices(len(self.coarse))
        return self.coarse[upper], self.fine[upper]

    @classmethod
    def unpacked(cls, coarse: Array, fine: Array) -> ExactSum:
        """What `packed` packed.

        Raises:
            ValueError: it did not.
        """
        square = coarse.ndim == 3 and coarse.shape[1] == coarse.shape[2]
        if coarse.shape != fine.shape or not (square or coarse.ndim == 1):
            raise ValueError("the parts of a moment do not fit each other")
        if coarse.ndim == 3:
            return cls(coarse, fine)
        size = (math.isqrt(8 * coarse.size + 1) - 1) // 2
        if size * (size + 1) // 2 != coarse.size:
            raise ValueError("a moment is no triangle")
        found = cls.zeros((size, size))
        upper = np.triu_indices(size)
        for whole, part in ((found.coarse, coarse), (found.fine, fine)):
            whole[upper] = part
            whole.T[upper] = part
        return found


def mean_moments(sums: Mapping[str, ExactSum]) -> dict[str, Array]:
    """Second moments from sums of one for each image: float64 in float32's precision, as in files of format 2.

    Their last entry is the mean of 1·1, so its sum is the number of images.
    """
    means = {}
    for name, found in sums.items():
        total = found.total()
        images = max(float(np.rint(total.flat[-1])), 1.0)
        means[name] = (total / images).astype(np.float32).astype(np.float64)
    return means
