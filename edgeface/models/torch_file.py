"""The tensors that a torch checkpoint declares, and whether the file can hold them, before torch reads it."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edgeface.errors import CheckpointError
from edgeface.models.stored_tensor import ITEM_BYTES
from edgeface.models.torch_pickle import MAX_PICKLE_BYTES, BoundedStream, Storage, StructureReader
from edgeface.reading.kinds import CHECKPOINT
from edgeface.reading.regular_file import open_file

_ZIP = b"PK\x03\x04"
_HEADERS_OF_OLD_FILES = 3  # magic number, protocol and system info precede the object in torch's first format
_SAVE_AGAIN = "load it where it was made, and save only the weights: torch.save(model.state_dict(), path)"


@dataclass(frozen=True)
class TorchContent:
    """The structure of a checkpoint: its tensors are `StoredTensor`; `foreign` names what is no part of weights."""

    content: object
    foreign: tuple[str, ...]


def read_structure(path: Path) -> TorchContent:
    """The structure of a file that torch.save wrote, in its present or its first format.

    Raises:
        CheckpointError: it is not such a file, is damaged, or declares what it cannot hold.
    """
    with open_file(path, CHECKPOINT) as stream:
        size = os.fstat(stream.fileno()).st_size
        zipped = stream.read(len(_ZIP)) == _ZIP
        stream.seek(0)
        try:
            reader, content, room = _archived(stream, size, path) if zipped else _streamed(stream, size)
        except CheckpointError:
            raise
        except Exception as error:  # damaged bytes raise all kinds of exceptions
            raise CheckpointError(
                "not a checkpoint: torch cannot read the file, or it is damaged", where=str(path), fix=CHECKPOINT.fix
            ) from error
    _check_room(reader.storages.values(), room, path)
    return TorchContent(content, tuple(sorted(reader.foreign)))


def pickled_code(path: Path, foreign: Sequence[str]) -> CheckpointError:
    """The error for a pickle that names what is no part of plain weights."""
    named = f" ({', '.join(foreign[:3])}{', …' if len(foreign) > 3 else ''})" if foreign else ""
    return CheckpointError(
        f"the file contains pickled code or whole objects{named}, which are not loaded because that could run code",
        where=str(path),
        fix="if you trust it, load it yourself and save only the weights: torch.save(model.state_dict(), path)",
    )


def _archived(stream: IO[bytes], size: int, path: Path) -> tuple[StructureReader, object, dict[str, int]]:
    """The reader of a zip archive, its content, and the bytes of each storage."""
    if not zipfile.is_zipfile(stream):
        raise CheckpointError(
            "the checkpoint is truncated: its archive has no directory",
            where=str(path),
            fix="copy or download the file again",
        )
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        _check_entries(entries, size, path)
        name = next(entry.filename for entry in entries if entry.filename.endswith("data.pkl"))
        with archive.open(name) as pickled:
            reader, content = _load(pickled, path)
    folder = f"{name.removesuffix('data.pkl')}data/"
    return reader, content, {e.filename.removeprefix(folder): e.file_size for e in entries}


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


def _streamed(stream: IO[bytes], size: int) -> tuple[StructureReader, object, dict[str, int]]:
    """The reader of a file of torch's first format, and its content; the storages share the file's bytes."""
    bounded: Any = BoundedStream(stream)
    for _ in range(_HEADERS_OF_OLD_FILES):
        StructureReader(bounded).load()
    reader = StructureReader(bounded)
    content = reader.load()
    wanted = sum(_bytes_of(storage) for storage in reader.storages.values())
    fits = wanted <= size
    return reader, content, {key: _bytes_of(storage) if fits else 0 for key, storage in reader.storages.items()}


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


def _check_room(storages: Iterable[Storage], room: dict[str, int], path: Path) -> None:
    for storage in storages:
        if storage.numel < 0 or _bytes_of(storage) > room.get(storage.key, 0):
            raise CheckpointError(
                f"the checkpoint is damaged: {storage.numel:,} {storage.dtype} values are declared, and the file has "
                f"{room.get(storage.key, 0):,} bytes for them",
                where=str(path),
                fix="copy or download the file again",
            )
