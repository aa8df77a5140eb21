"""The reference networks cost what is published, counted here by hooks, independently of `edgeface.budgets`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from edgeface.models.architectures import architecture

# LFR FLOPs, MACs, parameters (weights, biases, batch norms' gains and shifts, PReLU slopes). Published by others: the
# 933 M FLOPs of y2, the 1022 M of VarGFaceNet and the 24 G of IResNet-100.
GOLDEN = {
    "mobilefacenet:y1": (439_821_056, 220_965_376, 1_003_264),
    "mobilefacenet:y1-512": (440_214_272, 221_161_984, 1_201_024),
    "mobilefacenet:y2": (933_336_950, 468_825_088, 1_996_288),
    "mobilefacenet:mbf": (872_282_432, 437_520_896, 2_059_520),
    "vargfacenet": (1_022_388_952, 512_355_840, 4_957_512),
    "iresnet18": (5_216_096_256, 2_609_954_816, 24_025_600),
    "iresnet34": (8_914_217_984, 4_459_642_880, 34_139_328),
    "iresnet50": (12_612_791_296, 6_309_330_944, 43_590_848),
    "iresnet100": (24_169_929_728, 12_089_606_144, 65_156_160),
    "retinaface_mnet025": (1_465_432_200, 735_859_200, 426_608),
}


@dataclass
class Count:
    lfr_flops: int = 0
    macs: int = 0

    def add(self, layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        """A forward hook: the formulas of the challenge's counting script."""
        saved = 0 if layer.bias is not None else 1
        if isinstance(layer, nn.Conv2d):
            taps, made = layer.in_channels * math.prod(layer.kernel_size), output.numel()
            self.macs += taps * made // layer.groups
            self.lfr_flops += (2 * taps - saved) * made // layer.groups
        else:
            self.macs += layer.in_features * layer.out_features
            self.lfr_flops += (2 * layer.in_features - saved) * layer.out_features


def count(module: nn.Module, height: int, width: int) -> Count:
    found = Count()
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(found.add)
    module(torch.zeros(1, 3, height, width, device="meta"))
    return found


def built(name: str) -> nn.Module:
    """On the meta device, where nothing is computed and weights take no memory."""
    with torch.device("meta"):
        return architecture(name).build()


@pytest.mark.parametrize("name", GOLDEN)
def test_cost_is_the_published_one_to_the_unit(name: str) -> None:
    module = built(name)
    found = count(module, *architecture(name).input_size)
    parameters = sum(tensor.numel() for tensor in module.parameters())
    assert (found.lfr_flops, found.macs, parameters) == GOLDEN[name]


@pytest.mark.parametrize(
    ("height", "width", "macs"), [(240, 320, 184_738_560), (640, 640, 981_145_600), (1080, 1920, 4_980_057_600)]
)
def test_cost_of_the_detector_follows_the_input_size(height: int, width: int, macs: int) -> None:
    assert count(built("retinaface_mnet025"), height, width).macs == macs


def test_vargfacenet_takes_the_bytes_of_the_published_file() -> None:
    state = built("vargfacenet").state_dict()
    numbers = sum(tensor.numel() for key, tensor in state.items() if not key.endswith("num_batches_tracked"))
    assert 4 * numbers == 19_997_024  # published: 19.997 MB


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        (
            "mobilefacenet:mbf",
            {
                "layers.0.layers.2.weight": (128,),
                "layers.1.layers.0.weight": (128, 2, 3, 3),
                "layers.3.layers.0.layers.1.layers.0.weight": (128, 1, 3, 3),
                "conv_sep.layers.0.weight": (512, 256, 1, 1),
                "features.layers.0.layers.0.weight": (512, 1, 7, 7),
                "features.layers.2.weight": (512, 512),
                "features.layers.3.running_var": (512,),
            },
        ),
        (
            "iresnet50",
            {
                "conv1.weight": (64, 3, 3, 3),
                "layer1.0.downsample.0.weight": (64, 64, 1, 1),
                "layer3.13.prelu.weight": (256,),
                "layer4.0.bn1.weight": (256,),
                "fc.weight": (512, 25088),
                "fc.bias": (512,),
                "features.weight": (512,),
            },
        ),
    ],
)
def test_keys_are_those_of_the_public_trainings(name: str, shapes: dict[str, tuple[int, ...]]) -> None:
    state = built(name).state_dict()
    assert {key: tuple(state[key].shape) for key in shapes} == shapes


@pytest.mark.parametrize("name", ["mobilefacenet:y1", "mobilefacenet:y2", "vargfacenet", "iresnet18"])
def test_a_face_becomes_one_finite_embedding(name: str) -> None:
    module = architecture(name).build()
    assert not module.training
    with torch.inference_mode():
        embedding = module(torch.rand(1, 3, 112, 112))
    assert embedding.shape == (1, {"mobilefacenet:y1": 128, "mobilefacenet:y2": 256}.get(name, 512))
    assert bool(embedding.isfinite().all())
