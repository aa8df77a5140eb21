"""A user's own torch module as an ONNX file, checked to compute what the module computes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file, write_file
from edgeface.errors import ContractError, InputError, RuntimeFailure
from edgeface.models.user_module import module_onnx, module_outputs
from edgeface.tasks.declared import declared_contract
from edgeface.validate.reference import onnx_reference

if TYPE_CHECKING:
    from edgeface.models.user_module import Module

TOLERANCE = 1e-3
"""What the traced network may differ by, of the greatest value: ONNX Runtime adds in another order than torch."""


@dataclass(frozen=True)
class ModuleOptions:
    """How a module becomes an ONNX file.

    Attributes:
        name: the model's name, which its artifacts' folders begin with; by default the class's.
        save_onnx: where to keep the file; by default it is gone after the export.
    """

    name: str | None = None
    save_onnx: Path | None = None


@contextmanager
def module_file(
    module: Module, input_size: tuple[int, int] | None, contract: Path | None, options: ModuleOptions
) -> Iterator[Path]:
    """The module as an ONNX file, which is there inside the block.

    Args:
        module: a module in float32 on the processor.
        input_size: height and width in pixels; by default the contract's.
        contract: a contract file, whose names of input and outputs the file then has; the outputs in its order.
        options: its name, and where it is kept.

    Raises:
        InputError: there is no input size, or torch cannot run or export the module.
        ContractError: the contract names more outputs than there are, or the traced network computes something else.
    """
    title = type(module).__name__
    shape, input_name, named = _declared(title, input_size, contract)
    shown = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    made, other = module_outputs(module, shown), module_outputs(module, -shown)
    if len(named) > len(made):
        raise ContractError(
            f"the contract names {len(named)} outputs, the module returns {len(made)}",
            where=str(contract),
            fix="name the outputs in the order in which the module returns them",
        )
    outputs = _names(named, len(made))
    content = module_onnx(module, shape, outputs, input_name)
    for image, computed in ((shown, made), (-shown, other)):
        _check_same(title, content, {input_name: image}, dict(zip(outputs, computed, strict=True)))
    name = re.sub(r"[^A-Za-z0-9._-]", "_", options.name or title.lower())
    if options.save_onnx is not None:
        write_file(options.save_onnx, content, "the ONNX model")
    with temporary_folder() as folder:
        path = folder / f"{name}.onnx"
        fill_file(path, content)
        yield path


def _declared(
    title: str, size: tuple[int, int] | None, contract: Path | None
) -> tuple[tuple[int, ...], str, Sequence[str]]:
    """The input's shape and name, and the outputs' names as far as they are declared."""
    if contract is not None:
        found = declared_contract(contract)
        upright = (found if size is None else found.with_input_size(*size)).input
        return upright.shape, upright.name, found.output_names
    if size is None:
        raise InputError("a torch module has no fixed input size", where=title, fix="pass input_size=(112, 112)")
    return (1, 3, *size), "input", ()


def _names(named: Sequence[str], count: int) -> list[str]:
    """Names of `count` outputs: the declared ones first."""
    if not named and count == 1:
        return ["output"]
    return [*named, *(f"output_{index}" for index in range(len(named), count))]


def _check_same(
    title: str,
    content: bytes,
    shown: Mapping[str, NDArray[np.float32]],
    made: Mapping[str, NDArray[np.float32]],
) -> None:
    """Refuse a trace that computes something else: what depends on values is not in it."""
    traced: Mapping[str, NDArray[np.float32]] = {}
    with suppress(RuntimeFailure):  # the door for ONNX files says better what ONNX Runtime cannot run
        traced = onnx_reference(content).run(shown)
    for name, found in traced.items():
        wanted = made[name]
        limit = TOLERANCE * max(1.0, float(np.abs(wanted).max(initial=0)))
        if found.shape != wanted.shape or not np.allclose(found, wanted, rtol=0, atol=limit):
            raise ContractError(
                f"the network that torch traced computes another {name!r} than the module",
                where=title,
                fix="its forward depends on values: export it with torch.onnx.export yourself, and pass the .onnx file",
            )
