"""Seeded random weights for networks without a checkpoint."""

from __future__ import annotations

import math

import torch
from torch import nn


def randomize(module: nn.Module, seed: int, slope: float, input_deviation: float) -> None:
    """Set seeded weights that preserve the scale of activations, with non-trivial batch-norm statistics.

    Weights are sampled with variance 2/((1+slope²)·fan_in) (He et al., ICCV 2015); batch norms get means near 0,
    variances near 1 and gains near 1; PReLU slopes are near 0.25.

    Args:
        module: changed in place.
        seed: the same gives the same weights.
        slope: negative slope of the activations; 0 means ReLU.
        input_deviation: standard deviation of the network's input, which the first batch norm expects.
    """
    generator = torch.Generator().manual_seed(seed)
    deviation = input_deviation
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fan_in = layer.weight[0].numel()
            layer.weight.data.normal_(0.0, math.sqrt(2.0 / ((1.0 + slope**2) * fan_in)), generator=generator)
            if layer.bias is not None:
                layer.bias.data.normal_(0.0, 0.5, generator=generator)
        elif isinstance(layer, nn.PReLU):
            layer.weight.data.uniform_(0.1, 0.4, generator=generator)
        elif isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            _randomize_norm(layer, generator, deviation)
            deviation = 1.0


def _randomize_norm(layer: nn.BatchNorm1d | nn.BatchNorm2d, generator: torch.Generator, deviation: float) -> None:
    assert layer.running_mean is not None
    assert layer.running_var is not None
    layer.running_mean.normal_(0.0, 0.2 * deviation, generator=generator)
    layer.running_var.uniform_(0.7 * deviation**2, 1.5 * deviation**2, generator=generator)
    layer.weight.data.uniform_(0.6, 1.1, generator=generator)
    layer.bias.data.normal_(0.0, 0.2, generator=generator)
