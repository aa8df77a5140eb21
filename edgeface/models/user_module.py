"""A user's own torch module as an ONNX model, which then comes in by the door for ONNX models.

Nothing here imports torch before there is a module: whoever has one has imported it.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeIs

from edgeface.errors import InputError

if TYPE_CHECKING:
    from torch.nn import Module

    __all__ = ["Module", "is_module", "module_onnx", "module_outputs"]

_EXPORT_IT = "export it with torch.onnx.export yourself, and pass the .onnx file"


def is_module(value: object) -> TypeIs[Module]:
    """Whether a value is a torch module."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def module_outputs(module: Module, image: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """What a module computes for an input in eval mode, on the processor: its tensors in order, lists flattened.

    Args:
        module: a module in float32 on the processor; it stays in the mode that it is in.
        image: float32 [1,C,H,W].

    Raises:
        InputError: the module's weights are elsewhere or of another type, it fails, or it returns other things.
    """
    import torch

    name = type(module).__name__
    _check_weights(module, name)
    with _evaluating(module), torch.no_grad(), _converted(name, f"an input of {list(image.shape)}"):
        made = module(torch.from_numpy(image))
    return [tensor.detach().numpy() for tensor in _tensors(made, name)]


def module_onnx(module: Module, shape: tuple[int, ...], outputs: Sequence[str], input_name: str = "input") -> bytes:
    """A module as a serialized ONNX model; `torch_export.trace_onnx` says how it is traced.

    Args:
        module: a module in float32 on the processor; it stays in the mode that it is in.
        shape: of the input, [1,C,H,W].
        outputs: names of what it returns, in order.
        input_name: name of the input.

    Raises:
        InputError: torch cannot export it.
    """
    from edgeface.models.torch_export import trace_onnx

    name = type(module).__name__
    with _evaluating(module), _converted(name, "the export to ONNX"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing; the caller compares what was traced
        _, channels, height, width = shape
        return trace_onnx(module, (height, width), outputs, input_name=input_name, channels=channels)


def _check_weights(module: Module, name: str) -> None:
    import torch

    for key, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.device.type != "cpu":
            raise InputError(f"the weights are on {tensor.device}", where=f"{name}, {key}", fix="pass module.cpu()")
        if tensor.is_floating_point() and tensor.dtype != torch.float32:
            raise InputError(
                f"the weights are {str(tensor.dtype).removeprefix('torch.')}",
                where=f"{name}, {key}",
                fix="pass module.float(): int8 and float16 are made of float32",
            )


def _tensors(made: Any, name: str) -> Iterator[Any]:
    import torch

    if isinstance(made, torch.Tensor):
        yield made
    elif isinstance(made, list | tuple):
        for each in made:
            yield from _tensors(each, name)
    else:
        raise InputError(
            f"the module returns a {type(made).__name__}",
            where=name,
            fix="wrap it in a module whose forward returns a tensor, or a tuple of tensors",
        )


@contextmanager
def _evaluating(module: Module) -> Iterator[None]:
    """Let a module be in eval mode inside the block; each of its parts then is in the mode that it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training


@contextmanager
def _converted(name: str, what: str) -> Iterator[None]:
    """Whatever a user's code or torch raises inside the block as an InputError."""
    try:
        yield
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"the module fails at {what}: {said}", where=name, fix=f"check input_size, or {_EXPORT_IT}"
        ) from error
