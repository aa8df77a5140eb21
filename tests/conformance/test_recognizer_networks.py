"""Networks made of the blocks of MobileFaceNet and IResNet go the whole way from torch to TFLite."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.backends.tflite.scheme import TFLITE_INT8
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.types import Array
from edgeface.passes import run_passes
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.quantize import QuantizeOptions, quantize
from edgeface.quantize.ranges import RangeRule
from edgeface.quantize.settings import QuantizeSettings

SIZE = 24


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    pad = kernel // 2 if kernel != SIZE // 4 else 0
    return [nn.Conv2d(inputs, outputs, kernel, stride, pad, groups=groups, bias=False), nn.BatchNorm2d(outputs)]


class Bottleneck(nn.Module):
    """MobileFaceNet's: expand, depthwise, project, and add where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = 2 * inputs
        self.body = nn.Sequential(
            *conv(inputs, wide, 1),
            nn.PReLU(wide),
            *conv(wide, wide, 3, stride, wide),
            nn.PReLU(wide),
            *conv(wide, outputs, 1),
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.body(x)
        return x + y if self.adds else y


class ResidualBlock(nn.Module):
    """IResNet's: batch norm before the convolution, which cannot be folded across its padding."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(inputs), *conv(inputs, outputs, 3), nn.PReLU(outputs), *conv(outputs, outputs, 3, stride)
        )
        self.shortcut = nn.Sequential(*conv(inputs, outputs, 1, stride))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.body(x) + self.shortcut(x)
        return found


def mobilefacenet() -> nn.Module:
    return nn.Sequential(
        *conv(3, 8, 3, 2),
        nn.PReLU(8),
        Bottleneck(8, 16, 2),
        Bottleneck(16, 16, 1),
        *conv(16, 16, SIZE // 4, groups=16),
        nn.Flatten(),
        nn.Linear(16, 12, bias=False),
        nn.BatchNorm1d(12),
    )


def iresnet() -> nn.Module:
    return nn.Sequential(
        *conv(3, 8, 3),
        nn.PReLU(8),
        ResidualBlock(8, 16, 2),
        nn.BatchNorm2d(16),
        nn.Dropout(0.4),
        nn.Flatten(),
        nn.Linear(16 * (SIZE // 2) ** 2, 12),
        nn.BatchNorm1d(12),
    )


NETWORKS = {"mobilefacenet": mobilefacenet, "iresnet": iresnet}


def seeded(name: str) -> nn.Module:
    torch.manual_seed(0)
    network = NETWORKS[name]().eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.2)
        if isinstance(module, nn.PReLU):
            module.weight.data.uniform_(0.05, 0.6)
    return network


def exported(network: nn.Module) -> bytes:
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, 3, SIZE, SIZE),),
            stream,
            dynamo=False,
            input_names=["input"],
            output_names=["embedding"],
            opset_version=18,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
        )
    return stream.getvalue()


def faces(count: int) -> list[Mapping[str, Array]]:
    rng = np.random.default_rng(0)
    return [{"input": rng.normal(0, 1, (1, 3, SIZE, SIZE)).astype(np.float32)} for _ in range(count)]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_recognizer_computes_the_same_in_tflite_without_a_transpose(name: str) -> None:
    network = seeded(name)
    wanted_target = target("tflite-fp32")
    graph = run_passes(run_passes(read_onnx(exported(network))), wanted_target.legalize)
    runner = LiteRtRunner(wanted_target.emit_model(graph, QuantPlan(), EmitOptions()))
    for feed in faces(3):
        with torch.inference_mode():
            wanted = network(torch.from_numpy(feed["input"])).numpy()
        found = FloatRunner(runner, "nhwc").run(feed)["embedding"]
        np.testing.assert_allclose(found, wanted, atol=2e-5 * np.abs(wanted).max())
    assert "TRANSPOSE" not in {operator.name for operator in runner.operators()}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_quantized_recognizer_points_the_same_way(name: str) -> None:
    network = seeded(name)
    wanted_target = target("tflite-int8")
    graph = run_passes(run_passes(read_onnx(exported(network))), wanted_target.legalize)
    stats = observe(graph, OrtRunner(observed_onnx(graph)).run, faces(16))
    found = quantize(graph, stats, TFLITE_INT8, QuantizeOptions(RangeRule(), QuantizeSettings().chosen))
    runner = FloatRunner(LiteRtRunner(wanted_target.emit_model(found.graph, found.plan, EmitOptions())), "nhwc")
    for feed in faces(20)[16:]:
        with torch.inference_mode():
            a = network(torch.from_numpy(feed["input"])).numpy().ravel()
        b = runner.run(feed)["embedding"].ravel()
        assert a @ b / np.linalg.norm(a) / np.linalg.norm(b) > 0.995
