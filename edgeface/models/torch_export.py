"""Export of a torch module to ONNX bytes."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from edgeface.contracts import Contract

if TYPE_CHECKING:
    import torch

OPSET = 18


def export_onnx(module: torch.nn.Module, contract: Contract) -> bytes:
    """The module as an ONNX model for one image of the contract's input size.

    The tracing exporter is used: it takes well under a second, needs no package except torch, and is exact for networks
    without data-dependent control flow. Batch norms stay separate nodes, so that the complexity of the original network
    can be counted.

    Args:
        module: in eval mode; maps float32 [1,3,H,W] to the contract's outputs in order.
        contract: names and sizes of the inputs and outputs.

    Returns:
        A serialized ModelProto, the same bytes for the same module and contract.
    """
    size = (contract.input.height, contract.input.width)
    return trace_onnx(module, size, contract.output_names, input_name=contract.input.name)


def trace_onnx(  # noqa: PLR0913 (options of one call into torch)
    module: torch.nn.Module,
    size: tuple[int, int],
    outputs: Sequence[str],
    *,
    input_name: str = "input",
    weights: bool = True,
    resizable: bool = False,
    channels: int = 3,
) -> bytes:
    """The module as an ONNX model for one image; see `export_onnx`.

    Args:
        module: in eval mode; takes float32 [1,channels,H,W].
        size: height and width of the traced image.
        outputs: names of the module's outputs in order.
        input_name: name of the image input.
        weights: False omits the weights; they become inputs named as in the state dict.
        resizable: make height and width dynamic, which the module must support.
        channels: of the image, 1 where a network takes gray.

    Returns:
        A serialized ModelProto.
    """
    import torch

    buffer = io.BytesIO()
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            module.eval(),
            (torch.zeros(1, channels, *size),),
            cast(str, buffer),  # also writes to streams, unlike its annotation
            dynamo=False,
            opset_version=OPSET,
            training=torch.onnx.TrainingMode.PRESERVE,
            do_constant_folding=False,
            export_params=weights,
            input_names=[input_name],
            output_names=list(outputs),
            dynamic_axes={input_name: {2: "height", 3: "width"}} if resizable else None,
        )
    return buffer.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the tracing exporter's warnings about its deprecation and about sizes that become constants.

    The latter is intended: a contract has one input size.
    """
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", category=DeprecationWarning, module=r"torch\..*|edgeface\.models\.torch_export"
        )
        warnings.filterwarnings("ignore", "Converting a tensor to a Python integer")
        warnings.filterwarnings("ignore", "Constant folding - Only steps=1")  # of pads, which the reader folds
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
