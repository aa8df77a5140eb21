"""Least-squares targets for weights whose inputs are quantized, with a ridge chosen on unseen images."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from edgeface.graph.types import Array

RIDGES = (np.inf, 10.0, 1.0, 0.3, 0.1, 0.03, 0.01, 1e-3)
"""Shares of the mean of the moments' diagonal; infinity corrects only the bias."""


@dataclass
class Moments:
    """Sums over samples q of quantized inputs, with a constant 1 as the last, and residuals r of outputs.

    Attributes:
        inputs: mean of q·qᵀ: float64 [G, K+1, K+1].
        residuals: mean of r·qᵀ: float64 [G, M/G, K+1].
        count: number of samples.
    """

    inputs: Array = field(default_factory=lambda: np.zeros(()))
    residuals: Array = field(default_factory=lambda: np.zeros(()))
    count: int = 0

    def add(self, residuals: Array, inputs: Array) -> None:
        """Add samples.

        Args:
            residuals: [G, M/G, samples].
            inputs: [G, K+1, samples].
        """
        turned = inputs.swapaxes(1, 2)
        more = Moments((inputs @ turned).astype(np.float64), (residuals @ turned).astype(np.float64), inputs.shape[2])
        more.inputs /= more.count
        more.residuals /= more.count
        total = self.plus(more)
        self.inputs, self.residuals, self.count = total.inputs, total.residuals, total.count

    def plus(self, other: Moments) -> Moments:
        """The moments of both sets of samples."""
        count = self.count + other.count
        mine, theirs = self.count / max(count, 1), other.count / max(count, 1)
        return Moments(
            mine * self.inputs + theirs * other.inputs, mine * self.residuals + theirs * other.residuals, count
        )


def target_change(moments: Moments, ridge: float) -> Array:
    """The change of weights and bias, [G, M/G, K+1], that minimizes the residuals plus the ridge's penalty.

    Args:
        moments: of the samples.
        ridge: share of the mean of the moments' diagonal that is added to it, not for the bias.
    """
    if np.isinf(ridge):
        change = np.zeros_like(moments.residuals)
        change[:, :, -1] = moments.residuals[:, :, -1]
        return change
    damped, size = moments.inputs.copy(), moments.inputs.shape[1] - 1
    diagonal = np.arange(size)
    damped[:, diagonal, diagonal] += ridge * damped[:, diagonal, diagonal].mean(axis=1, keepdims=True) + 1e-9
    found: Array = np.linalg.solve(damped, moments.residuals.swapaxes(1, 2)).swapaxes(1, 2)
    return found


def choose_ridge(first: Moments, second: Moments) -> float:
    """The ridge whose fit to either half of the samples leaves the smallest residuals in the other half."""

    def unseen(ridge: float) -> float:
        pairs = ((first, second), (second, first))
        return sum(squared_change(other, target_change(seen, ridge)) for seen, other in pairs)

    return min(RIDGES, key=unseen)


def squared_change(moments: Moments, change: Array) -> float:
    """By how much a change of the weights changes the mean squared residual, summed over outputs; negative is less."""
    quadratic = np.einsum("gmk,gmk->", change @ moments.inputs, change)
    return float(quadratic - 2 * np.einsum("gmk,gmk->", change, moments.residuals))
