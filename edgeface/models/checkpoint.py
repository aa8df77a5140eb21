"""Read weights from a file without torch and without running code in it, and compare them with a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint_shapes import open_content, taken_of
from edgeface.models.stored_values import Array, is_floating
from edgeface.models.taken import Taken, is_counter
from edgeface.models.weight_values import check_weights

if TYPE_CHECKING:
    import torch

_SHOWN = 8


class Shaped(Protocol):
    """Whatever has a shape."""

    @property
    def shape(self) -> Sequence[int]:
        """The sizes of the dimensions."""


@dataclass(frozen=True)
class Weights:
    """The tensors of a network: `arrays` by the network's names, and what was `taken` of the file."""

    arrays: dict[str, Array]
    taken: Taken


def read_weights(path: Path, expected: Mapping[str, tuple[int, ...]] | None = None) -> Weights:
    """The tensors of a network in a .pth/.pt/.ckpt or .safetensors file.

    Names, shapes and dtypes are read and checked first: values take no more memory than the file. Code in a pickle is
    never run. `take_weights` says which tensors of a file are a network's. bfloat16 and float8 become float32.

    Args:
        path: the file.
        expected: shapes that the tensors must have, checked before any value is read; None takes any.

    Raises:
        CheckpointError: the file is missing, empty, over 2 GiB, truncated, contains pickled code, is not a checkpoint,
            contains no tensors, other ones than expected, several sets of them, complex numbers, values that are not
            finite, or weights that are all zero or denormal.
    """
    with open_content(path) as content:
        taken = taken_of(content, path, () if expected is None else (expected,))
        if expected is not None:
            location = taken.location()
            check_keys(taken.tensors, expected, f"{path}: {location}" if location else str(path))
        arrays = content.read(taken.tensors)
    check_weights(arrays, str(path), CheckpointError)
    return Weights(arrays, taken)


def read_state_dict(path: Path, expected: Mapping[str, tuple[int, ...]] | None = None) -> dict[str, Array]:
    """The arrays of `read_weights`."""
    return read_weights(path, expected).arrays


def read_floats(path: Path, expected: Mapping[str, tuple[int, ...]]) -> Weights:
    """The tensors of a network of floating-point numbers, as float32; without batch-norm counters.

    Raises:
        CheckpointError: as `read_weights`; or a weight is stored as integers.
    """
    found = read_weights(path, {name: shape for name, shape in expected.items() if not is_counter(name)})
    arrays = {}
    for name in expected:
        if is_counter(name):
            continue
        stored = found.taken.tensors[name].dtype
        if not is_floating(stored):
            raise CheckpointError(
                f"the tensor {name} holds {stored}, not floating-point numbers",
                where=f"{path}: {name}",
                fix="pass the weights from before quantization",
            )
        with np.errstate(over="ignore"):
            arrays[name] = found.arrays[name].astype(np.float32, copy=False)
    return Weights(arrays, found.taken)


def load_weights(module: torch.nn.Module, path: Path) -> None:
    """Load a checkpoint's weights into a torch network; the tensors must match exactly.

    Raises:
        CheckpointError: as `read_floats`.
    """
    import torch

    own = module.state_dict()
    arrays = read_floats(path, {key: tuple(tensor.shape) for key, tensor in own.items()}).arrays
    state = {key: torch.from_numpy(arrays[key]) if key in arrays else tensor for key, tensor in own.items()}
    module.load_state_dict(state, strict=True)


def check_keys(state: Mapping[str, Shaped], expected: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Require exactly the expected tensors; batch-norm counters (`num_batches_tracked`) are ignored.

    Args:
        state: tensors by name, or whatever has their shapes.
        expected: shapes by name.
        where: the file, for the error.

    Raises:
        CheckpointError: the tensors differ; each kind of difference is named with its count and first few tensors.
    """
    have = {key: tuple(tensor.shape) for key, tensor in state.items() if not is_counter(key)}
    want = {key: tuple(shape) for key, shape in expected.items() if not is_counter(key)}
    missing = [key for key in want if key not in have]
    unexpected = [key for key in have if key not in want]
    misshaped = [
        f"{key} is {list(have[key])}, not {list(want[key])}" for key in want if have.get(key, want[key]) != want[key]
    ]
    if not (missing or unexpected or misshaped):
        return
    kinds = (("missing", missing), ("unexpected", unexpected), ("of another shape", misshaped))
    parts = [f"{len(keys)} {kind}: {_first(keys)}" for kind, keys in kinds if keys]
    matching = len(want) - len(missing) - len(misshaped)
    raise CheckpointError(
        f"the checkpoint does not fit the network; tensors {'; '.join(parts)}",
        where=where,
        fix=_fix_for(matching, len(want), len(misshaped)),
    )


def _fix_for(matching: int, wanted: int, misshaped: int) -> str:
    if matching + misshaped < wanted // 4:
        return (
            "almost no tensor matches: these are weights of another network; `edgeface models` lists the known families"
        )
    if misshaped:
        return "the network was trained with other widths or outputs; choose the matching family"
    return f"{matching} of {wanted} tensors match: save the whole network's state_dict() again and pass that file"


def _first(keys: list[str]) -> str:
    rest = len(keys) - _SHOWN
    return ", ".join(keys[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
