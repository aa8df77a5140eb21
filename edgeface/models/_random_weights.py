"""Seeded random weights for networks without a checkpoint."""

from __future__ import annotations

import math

import torch
from torch import nn

_FEW = 32
"""With fewer values than this per channel, all channels share their variance."""

_CENTERED = 0.5
"""The share of a mean that is subtracted: random networks that center wholly amplify small changes in every layer."""

_COMMON = 0.3
"""The share of a kernel's variance that its taps have in common."""


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


def smooth_kernels(module: nn.Module, seed: int) -> None:
    """Give the taps of each kernel a common part, as trained kernels have, which pass structures rather than noise.

    Args:
        module: changed in place.
        seed: the same gives the same weights.
    """
    generator = torch.Generator().manual_seed(seed)
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and max(layer.kernel_size) > 1:
            weight = layer.weight.data
            common = torch.randn(*weight.shape[:2], 1, 1, generator=generator) * weight.std()
            layer.weight.data = math.sqrt(1 - _COMMON) * weight + math.sqrt(_COMMON) * common


def settle_statistics(module: nn.Module, images: torch.Tensor) -> None:
    """Set the batch norms' means and variances to those of their inputs for some images, as a training does.

    Without it activations of a deep residual network grow with every block. Convolutions with biases, which
    no batch norm follows, are scaled to outputs of a deviation of a half. Numbers are rounded to three digits, so that
    they hardly depend on a processor's order of summation.

    Args:
        module: in eval mode; changed in place.
        images: float32 [n,3,h,w]; n may be 1.
    """

    def settle(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        assert isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
        assert layer.running_mean is not None
        assert layer.running_var is not None
        per_channel = inputs[0].transpose(0, 1).flatten(1)
        means, variances = per_channel.mean(1), per_channel.var(1, unbiased=False)
        if per_channel.shape[1] < _FEW:
            variances = torch.full_like(variances, float((per_channel**2).mean()))
        variances += ((1 - _CENTERED) * means) ** 2
        layer.running_mean.copy_(_rounded(_CENTERED * means))
        layer.running_var.copy_(_rounded(variances).clamp_min(0.5 * float(variances.mean())))

    layers = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    hooks = [layer.register_forward_pre_hook(settle) for layer in layers]
    biased = (layer for layer in module.modules() if isinstance(layer, nn.Conv2d) and layer.bias is not None)
    hooks += [layer.register_forward_hook(_scale_weights) for layer in biased]
    with torch.no_grad():
        module(images)
    for hook in hooks:
        hook.remove()


def _scale_weights(layer: nn.Module, _: object, output: torch.Tensor) -> torch.Tensor:
    """Scale a convolution so that its output's deviation is a half."""
    factor = 0.5 / float(_rounded(output.std()))
    for tensor in layer.parameters():
        tensor.data *= factor
    return output * factor


def smooth_images(seed: int, size: tuple[int, int], deviation: float, count: int = 4) -> torch.Tensor:
    """Seeded images of all kinds of brightness, with large and small structures.

    Returns:
        float32 [count,3,h,w] of a standard deviation near `deviation`.
    """
    generator = torch.Generator().manual_seed(seed)
    brightness = torch.randn(count, 3, 1, 1, generator=generator)
    coarse = torch.randn(count, 3, max(size[0] // 16, 1), max(size[1] // 16, 1), generator=generator)
    grain = torch.randn(count, 3, *size, generator=generator)
    shades = nn.functional.interpolate(coarse, size=size, mode="bilinear")
    return deviation * (0.6 * brightness + shades + 0.1 * grain)


def _rounded(values: torch.Tensor) -> torch.Tensor:
    scale = 10.0 ** (values.abs().clamp_min(1e-20).log10().floor() - 2)
    return (values / scale).round() * scale


def _randomize_norm(layer: nn.BatchNorm1d | nn.BatchNorm2d, generator: torch.Generator, deviation: float) -> None:
    assert layer.running_mean is not None
    assert layer.running_var is not None
    layer.running_mean.normal_(0.0, 0.2 * deviation, generator=generator)
    layer.running_var.uniform_(0.7 * deviation**2, 1.5 * deviation**2, generator=generator)
    if not layer.affine:
        return
    layer.weight.data.uniform_(0.6, 1.1, generator=generator)
    layer.bias.data.normal_(0.0, 0.2, generator=generator)
