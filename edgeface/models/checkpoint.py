"""Read weights from a file without running code in it, and compare them with a network."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeface.errors import CheckpointError

if TYPE_CHECKING:
    import torch

MAX_BYTES = 2 << 30
WRAPPERS = ("state_dict", "net_state_dict", "model_state_dict", "model", "net", "ema", "weights")
_PICKLE = b"\x80"  # the PROTO opcode, with which every pickle since protocol 2 starts
_SHOWN = 8
_FIX_COPY = "copy or download the file again"


def read_state_dict(path: Path) -> dict[str, torch.Tensor]:
    """The tensors by name of a .pth/.pt/.ckpt or .safetensors file, on the CPU.

    Wrapping dictionaries such as {"state_dict": …} are unwrapped, and a `module.` prefix on all keys, which torch's
    DataParallel adds, is removed. Code in a pickle is never run.

    Raises:
        CheckpointError: the file is missing, empty, over 2 GiB, truncated, contains pickled code, is not a checkpoint,
            contains no tensors, or contains NaN or infinite values.
    """
    _check_file(path)
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    state = _tensors(content, path)
    if all(key.startswith("module.") for key in state):
        state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    _check_finite(state, path)
    return state


def load_weights(module: torch.nn.Module, path: Path) -> None:
    """Load a checkpoint's weights into a network; the tensors must match exactly.

    Raises:
        CheckpointError: as `read_state_dict` and `check_keys`.
    """
    state = read_state_dict(path)
    own = module.state_dict()
    check_keys(state, {key: tuple(tensor.shape) for key, tensor in own.items()}, str(path))
    module.load_state_dict({key: state.get(key, tensor) for key, tensor in own.items()}, strict=True)


def check_keys(state: Mapping[str, torch.Tensor], expected: Mapping[str, tuple[int, ...]], where: str) -> None:
    """Require exactly the expected tensors; batch-norm counters (`num_batches_tracked`) are ignored.

    Args:
        state: tensors by name.
        expected: shapes by name.
        where: the file, for the error.

    Raises:
        CheckpointError: the tensors differ; each kind of difference is named with its count and first few tensors.
    """
    have = {key: tuple(tensor.shape) for key, tensor in state.items() if not _is_counter(key)}
    want = {key: tuple(shape) for key, shape in expected.items() if not _is_counter(key)}
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


def _is_counter(key: str) -> bool:
    return key.endswith("num_batches_tracked")


def _check_file(path: Path) -> None:
    if not path.is_file():
        what = "a folder, not a checkpoint" if path.is_dir() else "there is no such checkpoint"
        raise CheckpointError(what, where=str(path), fix="pass the path of a .pth, .pt, .ckpt or .safetensors file")
    size = path.stat().st_size
    if size == 0:
        raise CheckpointError("the checkpoint file is empty", where=str(path), fix=_FIX_COPY)
    if size > MAX_BYTES:
        raise CheckpointError(
            f"the checkpoint is {size >> 20} MiB, over the limit of {MAX_BYTES >> 20} MiB",
            where=str(path),
            fix="save only the network's state_dict(), without optimizer state",
        )


def _read_safetensors(path: Path) -> object:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path, device="cpu")
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"not a whole safetensors file: {error}", where=str(path), fix=_FIX_COPY) from error


def _read_torch(path: Path) -> object:
    import torch

    start = _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Detected pickle protocol")  # our error below is more specific
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not start.startswith((b"PK", _PICKLE)):
            raise _not_a_checkpoint(path) from error
        raise CheckpointError(
            "the file contains pickled code or whole objects, which are not loaded because that could run code",
            where=str(path),
            fix="if you trust it, load it yourself and save only the weights: torch.save(model.state_dict(), path)",
        ) from error
    except Exception as error:  # the legacy reader raises all kinds of exceptions on damaged bytes
        raise _not_a_checkpoint(path) from error


def _check_archive(path: Path) -> bytes:
    """The file's first bytes, with a check that its zip archive has the directory that a truncated one lacks."""
    with path.open("rb") as stream:
        start = stream.read(4)
    if start == b"PK\x03\x04" and not zipfile.is_zipfile(path):
        raise CheckpointError(
            "the checkpoint is truncated: its archive has no directory", where=str(path), fix=_FIX_COPY
        )
    return start


def _not_a_checkpoint(path: Path) -> CheckpointError:
    return CheckpointError(
        "not a checkpoint: torch cannot read the file, or it is damaged",
        where=str(path),
        fix="pass a file that torch.save(model.state_dict(), …) or safetensors wrote",
    )


def _tensors(content: object, path: Path) -> dict[str, torch.Tensor]:
    import torch

    for _ in range(3):
        if not isinstance(content, Mapping):
            break
        state = {key: value for key, value in content.items() if isinstance(value, torch.Tensor)}
        if state and all(isinstance(key, str) for key in state):
            return state
        content = _unwrap(content)
    raise CheckpointError(
        "the file contains no named tensors",
        where=str(path),
        fix="save the weights as a state dict: torch.save(model.state_dict(), path)",
    )


def _unwrap(content: Mapping[Any, Any]) -> object:
    return next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)


def _check_finite(state: Mapping[str, torch.Tensor], path: Path) -> None:
    import torch

    for name, tensor in state.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            bad = int((~torch.isfinite(tensor)).sum())
            raise CheckpointError(
                f"{bad} of {tensor.numel()} values of {name} are NaN or infinite",
                where=f"{path}: {name}",
                fix="the training diverged, or the file is damaged; use another checkpoint",
            )
