"""Names and shapes of a checkpoint's tensors, read without torch, without the data and without running its code."""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from edgeface.errors import CheckpointError
from edgeface.models.checkpoint import MAX_BYTES, WRAPPERS

Shapes = dict[str, tuple[int, ...]]
_MAX_PICKLE_BYTES = 64 << 20
_HEADERS_OF_OLD_FILES = 3  # magic number, protocol and system info precede the object in torch's first format
_FIX = "pass a file that torch.save(model.state_dict(), …) or safetensors wrote"


def read_shapes(path: Path) -> Shapes:
    """Shapes by name, with the names that `checkpoint.read_state_dict` gives the tensors.

    Raises:
        CheckpointError: the file is not a checkpoint, is damaged, or contains no named tensors.
    """
    if path.stat().st_size > MAX_BYTES:
        raise CheckpointError("the checkpoint is larger than 2 GiB", where=str(path), fix="save only the state_dict()")
    found = _from_safetensors(path) if path.suffix == ".safetensors" else _from_torch(path)
    shapes = {name: shape for name, shape in found.items() if not name.endswith("num_batches_tracked")}
    if not shapes:
        raise CheckpointError("the file contains no named tensors", where=str(path), fix=_FIX)
    if all(name.startswith("module.") for name in shapes):
        shapes = {name.removeprefix("module."): shape for name, shape in shapes.items()}
    return shapes


def _from_safetensors(path: Path) -> Shapes:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"not a whole safetensors file: {error}", where=str(path), fix=_FIX) from error


def _from_torch(path: Path) -> Shapes:
    try:
        content = _archived(path) if zipfile.is_zipfile(path) else _streamed(path)
    except Exception as error:  # damaged bytes raise all kinds of exceptions
        raise CheckpointError("not a checkpoint, or a damaged one", where=str(path), fix=_FIX) from error
    for _ in range(3):
        if not isinstance(content, Mapping):
            break
        shapes = {key: value.shape for key, value in content.items() if isinstance(value, _Tensor)}
        if shapes and all(isinstance(key, str) for key in shapes):
            return shapes
        content = next((content[key] for key in WRAPPERS if isinstance(content.get(key), Mapping)), None)
    return {}


def _archived(path: Path) -> object:
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
        if archive.getinfo(name).file_size > _MAX_PICKLE_BYTES:
            raise ValueError("the archive's index is too large")
        with archive.open(name) as stream:
            return _Reader(stream).load()


def _streamed(path: Path) -> object:
    with path.open("rb") as stream:
        for _ in range(_HEADERS_OF_OLD_FILES):
            _Reader(stream).load()
        return _Reader(stream).load()


class _Tensor:
    """A tensor's shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


class _Inert:
    """Placeholder for every class and function that a pickle names: accepts anything, does nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass

    def __setitem__(self, _: Any, __: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        """Take an element, as a list does."""

    def extend(self, _: Any) -> None:
        """Take elements, as a list does."""


def _tensor(_: Any, __: Any, size: tuple[int, ...], *___: Any) -> _Tensor:
    return _Tensor(tuple(int(side) for side in size))


def _parameter(data: Any, *_: Any) -> Any:
    return data


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}


class _Reader(pickle.Unpickler):
    """Unpickler that reads only the structure: nothing that the pickle names is imported or called."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)

    def find_class(self, module: str, name: str) -> Any:
        """The placeholder for a class or function."""
        return _KNOWN.get((module, name), _Inert)

    def persistent_load(self, _: Any) -> None:
        """None: the tensors' data is not read."""
