"""Read weights from a file without running code in it, and compare them with a network."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint_shapes import SAFETENSORS, read_taken
from edgeface.models.taken import Taken, is_counter
from edgeface.models.torch_file import pickled_code, read_structure
from edgeface.models.weight_values import check_weights
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import open_file, read_file

if TYPE_CHECKING:
    import torch

_SHOWN = 8
_FIX_COPY = "copy or download the file again"


class Shaped(Protocol):
    """Whatever has a shape."""

    @property
    def shape(self) -> Sequence[int]:
        """The sizes of the dimensions."""


def read_state_dict(path: Path, expected: Mapping[str, tuple[int, ...]] | None = None) -> dict[str, torch.Tensor]:
    """The tensors by name of a .pth/.pt/.ckpt or .safetensors file, on the CPU.

    Names, shapes and dtypes are read and checked first: values take no more memory than the file. Code in a pickle is
    never run. `take_weights` says which tensors of a file are a network's.

    Args:
        path: the file.
        expected: shapes that the tensors must have, checked before any value is read; None takes any.

    Raises:
        CheckpointError: the file is missing, empty, over 2 GiB, truncated, contains pickled code, is not a checkpoint,
            contains no tensors, other ones than expected, several sets of them, complex numbers, values that are not
            finite, or weights that are all zero or denormal.
    """
    taken = read_taken(path, () if expected is None else (expected,))
    if expected is not None:
        location = taken.location()
        check_keys(taken.tensors, expected, f"{path}: {location}" if location else str(path))
    content = _read_safetensors(path) if path.suffix == SAFETENSORS else _read_torch(path)
    state = _named(taken, content, path)
    check_weights({name: _as_numpy(tensor) for name, tensor in state.items()}, str(path), CheckpointError)
    return state


def load_weights(module: torch.nn.Module, path: Path) -> None:
    """Load a checkpoint's weights into a network; the tensors must match exactly.

    Raises:
        CheckpointError: as `read_state_dict` and `check_keys`; or a weight is stored as integers.
    """
    own = module.state_dict()
    state = read_state_dict(path, {key: tuple(tensor.shape) for key, tensor in own.items()})
    for key, tensor in own.items():
        if tensor.is_floating_point() and not state.get(key, tensor).is_floating_point():
            raise CheckpointError(
                f"the tensor {key} holds {str(state[key].dtype).removeprefix('torch.')}, not floating-point numbers",
                where=f"{path}: {key}",
                fix="pass the weights from before quantization",
            )
    module.load_state_dict({key: state.get(key, tensor) for key, tensor in own.items()}, strict=True)


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


def _named(taken: Taken, content: object, path: Path) -> dict[str, torch.Tensor]:
    import torch

    found: dict[str, torch.Tensor] = taken.values(content)
    if any(tensor.layout != torch.strided or tensor.is_quantized for tensor in found.values()):
        raise CheckpointError("the file contains no plain tensors", where=str(path), fix=CHECKPOINT.fix)
    return found


def _as_numpy(tensor: torch.Tensor) -> Any:
    plain = tensor.detach()
    return (plain.float() if plain.is_floating_point() and plain.element_size() < 4 else plain).numpy()


def _read_safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(read_file(path, CHECKPOINT))
    except (SafetensorError, ValueError, KeyError, RuntimeError, AttributeError) as error:
        raise CheckpointError(f"not a whole safetensors file: {error}", where=str(path), fix=_FIX_COPY) from error


def _read_torch(path: Path) -> object:
    import torch

    foreign = read_structure(path).foreign
    if foreign:
        raise pickled_code(path, foreign)
    try:
        with open_file(path, CHECKPOINT) as stream, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected pickle protocol")  # our error below is more specific
            return torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise pickled_code(path, ()) from error
    except Exception as error:  # the legacy reader raises all kinds of exceptions on damaged bytes
        raise CheckpointError(
            "not a checkpoint: torch cannot read the file, or it is damaged", where=str(path), fix=CHECKPOINT.fix
        ) from error
