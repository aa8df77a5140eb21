"""From a torch module to the bytes of an ONNX model."""

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

    The tracing exporter is used: it takes well under a second, needs no package beside torch, and is
    exact for networks without data-dependent control flow. Batch norms stay nodes of their own, so
    that the complexity of the network as it was defined can be counted.

    Args:
        module: in eval mode; takes float32 [1,3,H,W] and gives the contract's outputs in their order.
        contract: names and sizes of the inputs and outputs.

    Returns:
        A serialized ModelProto, the same bytes for the same module and contract.
    """
    size = (contract.input.height, contract.input.width)
    return trace_onnx(module, size, contract.output_names, input_name=contract.input.name)


def trace_onnx(
    module: torch.nn.Module,
    size: tuple[int, int],
    outputs: Sequence[str],
    *,
    input_name: str = "input",
    weights: bool = True,
    resizable: bool = False,
) -> bytes:
    """The module as an ONNX model for one image, as `export_onnx` describes it.

    Args:
        module: in eval mode; takes float32 [1,3,H,W].
        size: height and width of the image that is traced.
        outputs: names of the module's outputs in their order.
        input_name: name of the image.
        weights: False leaves the weights out; they are further inputs under their names in the state dict.
        resizable: leave height and width open, which the module must allow for.

    Returns:
        A serialized ModelProto.
    """
    import torch

    buffer = io.BytesIO()
    with _quiet(), torch.no_grad():
        torch.onnx.export(
            module.eval(),
            (torch.zeros(1, 3, *size),),
            cast(str, buffer),  # writes to streams as well, whatever its annotation says
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
    """Silence what the tracing exporter says of its own age, and of sizes that become constants.

    They are meant to: a contract has one input size.
    """
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", category=DeprecationWarning, module=r"torch\..*|edgeface\.models\.torch_export"
        )
        warnings.filterwarnings("ignore", "Converting a tensor to a Python integer")
        logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            logger.setLevel(level)
