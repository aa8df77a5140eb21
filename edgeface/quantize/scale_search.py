"""The search for the scales of channels that leave the least noise.

Two kinds of noise depend on them. Rounding an activation adds noise in proportion to the square of its range, which
the largest scaled channel sets; divided by a channel's scale, that is its noise in the network's own units. Rounding
the weights of a reader adds noise in proportion to the square of the largest weight of each output, which scaling the
inputs up reduces for those and enlarges for others. With norms in place of maxima the sum is smooth, and its gradient
costs little more than itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeface.graph.types import Array

SQUARINGS = 4
POWER = 2**SQUARINGS
"""The norm that stands for the maximum: of 100 equal numbers it is 1.33 times as large."""

ITERATIONS = 80
RATE = 0.16
"""Largest step in the natural logarithm of a scale; it falls to 0 over the iterations, after Kingma and Ba 2014 (Adam,
arXiv 1412.6980)."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """An activation that is rounded: of each channel the class, the reach below and above 0, and the noise's weight."""

    classes: Array
    below: Array
    above: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class Read:
    """A dense integer convolution.

    Attributes:
        classes: of the input channels of each group, int64 [G, C].
        largest: absolute weight, the largest of the kernel's, float64 [G, M, C].
        power: of each input channel, as far as rounded weights act on it, float64 [G, C].
        weight: of the outputs' noise, float64 [G, M].
    """

    classes: Array
    largest: Array
    power: Array
    weight: Array


def search_scales(
    rounded: Sequence[Rounded], read: Sequence[Read], start: Array, free: Array, limits: tuple[Array, Array]
) -> Array:
    """The natural logarithms of the scales of all classes, float64 [classes].

    Args:
        rounded: the activations.
        read: the convolutions.
        start: logarithms to start from.
        free: bool [classes]: the classes that may be scaled; others keep a scale of 1.
        limits: smallest and largest logarithm of each class.
    """
    found = np.where(free, np.clip(start, *limits), 0.0)
    mean, square = np.zeros_like(found), np.zeros_like(found)
    for turn in range(1, ITERATIONS + 1):
        slope = np.where(free, slope_of_noise(rounded, read, found), 0.0)
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        step = mean / (1 - 0.9**turn) / (np.sqrt(square / (1 - 0.99**turn)) + 1e-30)
        found = np.where(free, np.clip(found - RATE * (1 - turn / (ITERATIONS + 1)) * step, *limits), 0.0)
    return found


def slope_of_noise(rounded: Sequence[Rounded], read: Sequence[Read], logarithms: Array) -> Array:
    """The derivative of the noise by each logarithm."""
    scale, slope = np.exp(logarithms), np.zeros_like(logarithms)
    for value in rounded:
        own = scale[value.classes]
        (high, of_high), (low, of_low) = _norm(value.above * own), _norm(value.below * own)
        noise = value.weight / own**2
        total = high + low
        found = 2 * total * noise.sum() * (high * of_high + low * of_low) - 2 * total**2 * noise
        slope += np.bincount(value.classes, found, len(slope))
    for reader in read:
        own = scale[reader.classes]
        step, of_step = _norm(reader.largest / own[:, None, :])
        power, weight = own**2 * reader.power, reader.weight * step**2
        found = 2 * weight.sum(axis=1, keepdims=True) * power
        found -= 2 * np.einsum("gm,gmc->gc", weight, of_step) * power.sum(axis=1, keepdims=True)
        slope += np.bincount(reader.classes.reshape(-1), found.reshape(-1), len(slope))
    return slope


def noise(rounded: Sequence[Rounded], read: Sequence[Read], logarithms: Array) -> float:
    """The sum of all noise at these scales."""
    scale, total = np.exp(logarithms), 0.0
    for value in rounded:
        own = scale[value.classes]
        reach = _norm(value.above * own)[0] + _norm(value.below * own)[0]
        total += float(reach**2 * (value.weight / own**2).sum())
    for reader in read:
        own = scale[reader.classes]
        step = _norm(reader.largest / own[:, None, :])[0]
        total += float(((reader.weight * step**2).sum(axis=1) * (own**2 * reader.power).sum(axis=1)).sum())
    return total


def _norm(numbers: Array) -> tuple[Array, Array]:
    """The norm of positive numbers over the last axis, and the share of each in it (its derivative by logarithms)."""
    largest = np.maximum(numbers.max(axis=-1, keepdims=True), 1e-30)
    powers = numbers / largest
    for _ in range(SQUARINGS):
        powers = powers * powers
    total = np.maximum(powers.sum(axis=-1, keepdims=True), 1e-30)
    return (largest * total ** (1 / POWER))[..., 0], powers / total
