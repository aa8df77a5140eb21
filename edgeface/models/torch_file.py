"""What torch.save wrote, without torch: its structure, whether the file can hold what it declares, and its numbers."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edgeface.errors import CheckpointError
from edgeface.models.stored_tensor import ITEM_BYTES, StoredTensor
from edgeface.models.stored_values import Array, tensor_values
from edgeface.models.torch_pickle import MAX_PICKLE_BYTES, BoundedStream, Storage, StructureReader
from edgeface.reading.kinds import CHECKPOINT

_ZIP = b"PK\x03\x04"
_MAGIC = 0x1950A86A20F9469CFC6C
_HEADERS_OF_OLD_FILES = 3  # magic number, protocol and system info precede the object in torch's first format
_LOCAL_HEADER_BYTES = 30
_COUNT_BYTES = 8  # before each storage of torch's first format: the number of its elements
_SAVE_AGAIN = "load it where it was made, and save only the weights: torch.save(model.state_dict(), path)"
_DAMAGED = "copy or download the file again"


@dataclass(frozen=True)
class Place:
    """Where the bytes of a storage lie in the file."""

    begin: int
    length: int


class TorchContent:
    """A checkpoint whose structure was read, and whose numbers can be.

    Attributes:
        structure: its content; the tensors are `StoredTensor`.
        foreign: what it names that is no part of weights.
    """

    def __init__(self, stream: IO[bytes], reader: StructureReader, structure: object, file: _File) -> None:
        self.structure = structure
        self.foreign: tuple[str, ...] = tuple(sorted(reader.foreign))
        self._stream = stream
        self._file = file
        self._dtypes = {key: storage.dtype for key, storage in reader.storages.items()}

    def read(self, tensors: Mapping[str, StoredTensor]) -> dict[str, Array]:
        """The numbers of tensors that `StoredTensor.wrong` says nothing against; each storage is read once.

        Raises:
            CheckpointError: the file holds code or objects, or is shorter than a moment ago.
        """
        if self.foreign:
            raise pickled_code(self._file.path, self.foreign)
        of_storage: dict[str, list[str]] = {}
        for name, tensor in tensors.items():
            of_storage.setdefault(tensor.storage, []).append(name)
        found: dict[str, Array] = {}
        for storage, names in of_storage.items():
            place = self._file.places[storage]
            self._stream.seek(place.begin)
            stored = self._stream.read(place.length)
            if len(stored) < place.length:
                raise _unreadable(self._file.path)
            swapped = self._file.big_endian and ITEM_BYTES.get(self._dtypes[storage], 1) > 1
            found |= {name: tensor_values(stored, tensors[name], swapped) for name in names}
        return {name: found[name] for name in tensors}


@dataclass(frozen=True)
class _File:
    path: Path
    places: Mapping[str, Place]
    big_endian: bool = False


def read_torch(stream: IO[bytes], path: Path) -> TorchContent:
    """The structure of a file that torch.save wrote, in its present or its first format.

    Args:
        stream: the file, opened for reading; it must stay open while numbers are read.
        path: the file, for errors.

    Raises:
        CheckpointError: it is not such a file, is damaged, or declares what it cannot hold.
    """
    size = os.fstat(stream.fileno()).st_size
    zipped = stream.read(len(_ZIP)) == _ZIP
    stream.seek(0)
    try:
        reader, content, file = _archived(stream, size, path) if zipped else _streamed(stream, size, path)
    except CheckpointError:
        raise
    except Exception as error:  # damaged bytes raise all kinds of exceptions
        raise _unreadable(path) from error
    _check_room(reader.storages.values(), file)
    return TorchContent(stream, reader, content, file)


def _unreadable(path: Path) -> CheckpointError:
    return CheckpointError(
        "not a checkpoint: torch cannot read the file, or it is damaged", where=str(path), fix=CHECKPOINT.fix
    )


def pickled_code(path: Path, foreign: Sequence[str]) -> CheckpointError:
    """The error for a pickle that names what is no part of plain weights."""
    named = f" ({', '.join(foreign[:3])}{', …' if len(foreign) > 3 else ''})" if foreign else ""
    return CheckpointError(
        f"the file contains pickled code or whole objects{named}, which are not loaded because that could run code",
        where=str(path),
        fix="if you trust it, load it yourself and save only the weights: torch.save(model.state_dict(), path)",
    )


def _archived(stream: IO[bytes], size: int, path: Path) -> tuple[StructureReader, object, _File]:
    """The reader of a zip archive, its content, and where its storages lie."""
    if not zipfile.is_zipfile(stream):
        raise CheckpointError(
            "the checkpoint is truncated: its archive has no directory", where=str(path), fix=_DAMAGED
        )
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        _check_entries(entries, size, path)
    pickled = next(entry for entry in entries if entry.filename.endswith("data.pkl"))
    place = _place(stream, pickled, size)  # not by the archive: as torch, without checksums, which torch can leave out
    stream.seek(place.begin)
    reader, content = _load(io.BytesIO(stream.read(min(place.length, MAX_PICKLE_BYTES + 1))), path)
    root = pickled.filename.removesuffix("data.pkl")
    by_name = {entry.filename: entry for entry in entries}
    found = {key: by_name.get(f"{root}data/{key}") for key in reader.storages}
    places = {key: _place(stream, entry, size) for key, entry in found.items() if entry is not None}
    order = by_name.get(f"{root}byteorder")
    return reader, content, _File(path, places, order is not None and _is_big_endian(stream, order, size))


def _place(stream: IO[bytes], entry: zipfile.ZipInfo, size: int) -> Place:
    """Where a stored entry's bytes lie: behind its own header, whose name and extra field have lengths of their own."""
    stream.seek(entry.header_offset)
    header = stream.read(_LOCAL_HEADER_BYTES)
    if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(_ZIP):
        raise ValueError("an entry of the archive has no header")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    place = Place(entry.header_offset + _LOCAL_HEADER_BYTES + lengths, entry.file_size)
    if place.begin + place.length > size:
        raise ValueError("an entry of the archive reaches beyond the file")
    return place


def _is_big_endian(stream: IO[bytes], entry: zipfile.ZipInfo, size: int) -> bool:
    place = _place(stream, entry, size)
    stream.seek(place.begin)
    return {b"little": False, b"big": True}[stream.read(min(place.length, len(b"little")))]


def _check_entries(entries: Collection[zipfile.ZipInfo], size: int, path: Path) -> None:
    """Refuse an archive that expands: torch stores its entries as they are, each once."""
    packed = next((entry for entry in entries if entry.compress_type != zipfile.ZIP_STORED), None)
    total = sum(entry.file_size for entry in entries)
    if packed is not None or total > size:
        what = f"{packed.filename!r} is compressed" if packed is not None else f"its entries claim {total:,} bytes"
        raise CheckpointError(
            f"the archive expands when it is read, which torch's do not: {what}",
            where=str(path),
            fix=_SAVE_AGAIN,
        )


def _streamed(stream: IO[bytes], size: int, path: Path) -> tuple[StructureReader, object, _File]:
    """The reader of a file of torch's first format, its content, and where its storages lie behind each other."""
    bounded: Any = BoundedStream(stream)
    headers = [StructureReader(bounded).load() for _ in range(_HEADERS_OF_OLD_FILES)]
    reader = StructureReader(bounded)
    content = reader.load()
    if reader.foreign:
        return reader, content, _File(path, {key: Place(0, size) for key in reader.storages})
    if headers[0] != _MAGIC:
        raise ValueError("another number begins the file")
    keys = StructureReader(bounded).load()
    wanted = sum(_bytes_of(storage) for storage in reader.storages.values())
    if wanted > size:
        return reader, content, _File(path, {})
    places: dict[str, Place] = {}
    for key in map(str, keys):
        if int.from_bytes(stream.read(_COUNT_BYTES), "little") != reader.storages[key].numel or key in places:
            raise ValueError("a storage has another length than its tensors")
        places[key] = Place(stream.tell(), _bytes_of(reader.storages[key]))
        stream.seek(places[key].length, os.SEEK_CUR)
    return reader, content, _File(path, places) if stream.tell() <= size else _File(path, {})


def _load(pickled: IO[bytes], path: Path) -> tuple[StructureReader, object]:
    bounded: Any = BoundedStream(pickled)
    reader = StructureReader(bounded)
    try:
        return reader, reader.load()
    except ValueError as error:
        if "too large" not in str(error):
            raise
        raise CheckpointError(
            f"the checkpoint holds over {MAX_PICKLE_BYTES >> 20} MiB beside its tensors",
            where=str(path),
            fix=_SAVE_AGAIN,
        ) from error


def _bytes_of(storage: Storage) -> int:
    return max(storage.numel, 0) * ITEM_BYTES.get(storage.dtype, 1)


def _check_room(storages: Iterable[Storage], file: _File) -> None:
    for storage in storages:
        place = file.places.get(storage.key)
        room = 0 if place is None else place.length
        if storage.numel < 0 or _bytes_of(storage) > room:
            raise CheckpointError(
                f"the checkpoint is damaged: {storage.numel:,} {storage.dtype} values are declared, and the file has "
                f"{room:,} bytes for them",
                where=str(file.path),
                fix=_DAMAGED,
            )
