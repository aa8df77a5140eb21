"""The structure of what torch.save wrote, without torch, without the data and without running what it names."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import IO, Any

from edgeface.models.stored_tensor import ITEM_BYTES, StoredTensor, strides_beside_usual

MAX_PICKLE_BYTES = 1 << 20
"""A network of a thousand tensors takes 0.2 MB; each byte of a hostile one can make an object of 64."""

_OLD_DTYPES = {
    "Double": "float64",
    "Float": "float32",
    "Half": "float16",
    "BFloat16": "bfloat16",
    "Long": "int64",
    "Int": "int32",
    "Short": "int16",
    "Char": "int8",
    "Byte": "uint8",
    "Bool": "bool",
    "ComplexDouble": "complex128",
    "ComplexFloat": "complex64",
}
_HARMLESS = frozenset(
    {
        *(("collections", "Counter"), ("builtins", "set"), ("builtins", "complex"), ("_codecs", "encode")),
        *(("torch", "Size"), ("torch", "device"), ("torch.serialization", "_get_layout")),
        *(("torch.nn.parameter", "Parameter"), ("torch.storage", "UntypedStorage")),
    }
)


class Dtype:
    """A dtype that a pickle names."""

    def __init__(self, name: str) -> None:
        self.name = name


class Storage:
    """A storage that a pickle refers to: its key, and the dtype and number of its elements.

    `start` is where a part of a storage begins in it, in elements: torch's first files divide storages.
    """

    def __init__(self, key: str, dtype: str, numel: int, start: int = 0) -> None:
        self.key = key
        self.dtype = dtype
        self.numel = numel
        self.start = start


class StructureReader(pickle._Unpickler):  # the one in Python: the one in C allocates by numbers in the file
    """Unpickler that reads only the structure: nothing that the pickle names is imported or called.

    Attributes:
        storages: the storages that it refers to, by key.
        foreign: names that are no part of plain weights, as "module.name".
    """

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(stream)
        self.storages: dict[str, Storage] = {}
        self.foreign: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        """The placeholder for a class or function."""
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        if module == "torch" and name.endswith("Storage") and name.removesuffix("Storage") in _OLD_DTYPES:
            return Dtype(_OLD_DTYPES[name.removesuffix("Storage")])
        if module == "torch" and name[:1].islower() and name != "device":
            return Dtype(name)
        if (module, name) not in _HARMLESS:
            self.foreign.add(f"{module}.{name}")
        return _Inert

    def persistent_load(self, pid: Any) -> Storage:
        """The storage that an identifier (kind, dtype, key, place, elements, …) names; its data is not read."""
        _, dtype, key, _, numel = pid[:5]
        named = dtype.name if isinstance(dtype, Dtype) else "uint8"
        whole = self.storages.setdefault(str(key), Storage(str(key), named, int(numel)))
        if len(pid) < 6 or pid[5] is None:
            return whole
        _, start, length = pid[5]
        if not 0 <= int(start) <= int(start) + int(length) <= whole.numel:
            raise ValueError("a part of a storage reaches beyond it")
        return Storage(whole.key, whole.dtype, int(start) + int(length), int(start))


class BoundedStream:
    """The beginning of a stream; reading more than `limit` bytes is an error."""

    def __init__(self, stream: IO[bytes], limit: int = MAX_PICKLE_BYTES) -> None:
        self._stream = stream
        self._left = limit

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        return self._counted(self._stream.read(min(size, self._left + 1)))

    def readline(self) -> bytes:
        """A line."""
        return self._counted(self._stream.readline(self._left + 1))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("the structure is too large")
        return data


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


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> StoredTensor:
    return _stored(storage, storage.dtype, storage.numel, storage.start + int(offset), (size, stride))


def _tensor_v3(
    storage: Any, offset: Any, size: Any, stride: Any, _: Any, __: Any, dtype: Any, *___: Any
) -> StoredTensor:
    """Of a dtype that has no storage of its own: the storage counts bytes."""
    item = ITEM_BYTES.get(dtype.name, 1)
    return _stored(storage, dtype.name, storage.numel // item, int(offset), (size, stride))


def _stored(storage: Storage, dtype: str, numel: int, offset: int, layout: tuple[Any, Any]) -> StoredTensor:
    shape, stride = (tuple(int(side) for side in each) for each in layout)
    if len(shape) != len(stride):
        raise ValueError("a tensor has more sides than strides")
    return StoredTensor(shape, dtype, storage.key, int(numel), offset, strides_beside_usual(shape, stride))


def _parameter(data: Any, *_: Any) -> Any:
    return data


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor_v3,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
}
