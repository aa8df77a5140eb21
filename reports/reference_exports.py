"""The reference networks as files of every kind, as users' tools write them, and what they must cost.

For reports/complexity.py and the tests in tests/complexity.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edgeface.models.architectures import architecture

if TYPE_CHECKING:
    import torch

    from edgeface.graph.types import Array

OPSET = 18


class Golden(NamedTuple):
    """What a network costs by the challenge's rules, to the unit."""

    lfr_flops: int
    macs: int
    parameters: int


# Published by others: the 933 M FLOPs of y2, the 1022 M of VarGFaceNet and the 24 G of IResNet-100.
GOLDEN = {
    "mobilefacenet:y1": Golden(439_821_056, 220_965_376, 1_003_264),
    "mobilefacenet:y1-512": Golden(440_214_272, 221_161_984, 1_201_024),
    "mobilefacenet:y2": Golden(933_336_950, 468_825_088, 1_996_288),
    "mobilefacenet:mbf": Golden(872_282_432, 437_520_896, 2_059_520),
    "vargfacenet": Golden(1_022_388_952, 512_355_840, 4_957_512),
    "iresnet18": Golden(5_216_096_256, 2_609_954_816, 24_025_600),
    "iresnet34": Golden(8_914_217_984, 4_459_642_880, 34_139_328),
    "iresnet50": Golden(12_612_791_296, 6_309_330_944, 43_590_848),
    "iresnet100": Golden(24_169_929_728, 12_089_606_144, 65_156_160),
    "retinaface_mnet025": Golden(1_465_432_200, 735_859_200, 426_608),
}

# Fully connected layers with a bias before the last batch norm: whoever folds that one into them leaves one bias of
# its two vectors and the layer's own, and the file does not tell that there were more: twice the embedding is missing.
FUSED_EMBEDDINGS = {
    "mobilefacenet:y1": 128,
    "mobilefacenet:y1-512": 512,
    "mobilefacenet:y2": 256,
    "vargfacenet": 512,
    **{f"iresnet{depth}": 512 for depth in (18, 34, 50, 100)},
}


def golden(name: str, fused: bool = False) -> Golden:
    """What a network must cost. `fused`: in files in which batch norm left the last fully connected layer."""
    asked = GOLDEN[name]
    return asked._replace(parameters=asked.parameters - 2 * FUSED_EMBEDDINGS.get(name, 0)) if fused else asked


def trained(name: str) -> torch.nn.Module:
    """The network with other numbers in every batch norm and PReLU, as after a training.

    Fresh ones are all equal, and exporters make one constant of them.
    """
    import torch
    from torch import nn

    torch.manual_seed(0)
    module = architecture(name).build()
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.2)
            layer.running_var.uniform_(0.5, 1.5)
            layer.weight.data.uniform_(0.5, 1.5)
            layer.bias.data.normal_(0, 0.2)
        elif isinstance(layer, nn.PReLU):
            layer.weight.data.uniform_(0.05, 0.6)
    return module


def traced(name: str, module: torch.nn.Module, folded: bool = True) -> bytes:
    """ONNX of the tracing exporter with its defaults, which fold batch norm, or with batch norm preserved."""
    import torch

    modes = torch.onnx.TrainingMode
    stream = io.BytesIO()
    with _quiet():
        torch.onnx.export(
            module,
            (_image(name),),
            stream,  # type: ignore[arg-type]  # writes to streams as well, whatever its annotation says
            dynamo=False,
            opset_version=OPSET,
            training=modes.EVAL if folded else modes.PRESERVE,
            do_constant_folding=folded,
        )
    return stream.getvalue()


def exported_by_dynamo(name: str, module: torch.nn.Module) -> tuple[bytes, bytes]:
    """ONNX of the exporter that follows torch.export: as it is (optimize=False), then optimized, BN folded."""
    import torch

    with _quiet():
        program = torch.onnx.export(module, (_image(name),), dynamo=True, optimize=False, verbose=False)
        assert program is not None
        plain = program.model_proto.SerializeToString()
        program.optimize()
        return plain, program.model_proto.SerializeToString()


def simplified(model: bytes) -> bytes:
    """What onnxsim makes of a model."""
    import onnx
    import onnxsim

    found, same = onnxsim.simplify(onnx.load_from_string(model))
    assert same
    return bytes(found.SerializeToString())


def halved(model: bytes) -> bytes:
    """The model in fp16, with its input and outputs in fp32."""
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    return bytes(convert_float_to_float16(onnx.load_from_string(model), keep_io_types=True).SerializeToString())


def quantized(name: str, model: bytes, path: Path) -> bytes:
    """The model with ONNX Runtime's quantize and dequantize operators, calibrated on noise."""
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    parsed = onnx.load_from_string(model)

    class Noise(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._feeds = iter([{parsed.graph.input[0].name: _noise(name)}])

        def get_next(self) -> object:
            return next(self._feeds, None)

    logging.disable(logging.WARNING)  # it would like to prepare the model itself
    try:
        quantize_static(parsed, path, Noise())
    finally:
        logging.disable(logging.NOTSET)
    return path.read_bytes()


def tflite(name: str, model: bytes, target_name: str, recorded: bool = True) -> bytes:
    """The TFLite file of edgeface's own lowering, calibrated on noise where it is quantized.

    `recorded`: with the record of biases that every artifact carries.
    """
    from edgeface.backends import target
    from edgeface.backends.onnx.runner import OrtRunner
    from edgeface.backends.target import EmitOptions
    from edgeface.cost.record import bias_record, own_biases
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.passes import run_passes
    from edgeface.quantize.build_plan import build_plan
    from edgeface.quantize.observe import observe, observed_onnx
    from edgeface.quantize.plan import QuantPlan
    from edgeface.quantize.ranges import RangeRule

    wanted = target(target_name)
    defined = read_onnx(model)
    graph = run_passes(run_passes(defined), wanted.legalize)
    plan = QuantPlan()
    if wanted.scheme:
        stats = observe(graph, OrtRunner(observed_onnx(graph)).run, [{graph.inputs[0]: _noise(name)}])
        plan = build_plan(graph, stats, wanted.scheme, RangeRule("minmax"))
    record = bias_record(graph, own_biases(defined)) if recorded else {}
    return wanted.emit_model(graph, plan, EmitOptions(metadata=record))


def _image(name: str) -> torch.Tensor:
    import torch

    return torch.from_numpy(_noise(name))


def _noise(name: str) -> Array:
    import numpy as np

    shape = 1, 3, *architecture(name).input_size
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the exporters say of their own age and of sizes that become constants."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"torch\..*|reference_exports")
        warnings.filterwarnings("ignore", "Converting a tensor to a Python integer")
        warnings.filterwarnings("ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning)
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
