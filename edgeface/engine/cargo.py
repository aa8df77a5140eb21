"""Cargo: the files that a task reads, which travel with it to machines that lack them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from edgeface.core.temporary import temporary_folder
from edgeface.engine.task import Task
from edgeface.reading.regular_file import Kind, digest_file, is_file, read_file

ANY = Kind("file", 4 << 30, fix="copy the whole folder again")


@runtime_checkable
class ReadsFiles(Protocol):
    """A task that reads files when it is opened, such as models."""

    @property
    def reads(self) -> Mapping[Path, tuple[str, ...]]:
        """By folder the names of files in it."""

    def reading(self, places: Mapping[Path, Path]) -> Any:
        """The same task with other folders in place of some."""


@dataclass(frozen=True)
class Cargo:
    """A task, and by folder what its files hold."""

    task: Task[Any, Any]
    folders: Mapping[Path, Mapping[str, bytes]]

    @classmethod
    def of(cls, task: Task[Any, Any]) -> Cargo:
        """A task with its files, if it reads any.

        Raises:
            InputError: a file cannot be read.
        """
        reads = task.reads if isinstance(task, ReadsFiles) else {}
        folders = {folder: {name: read_file(folder / name, ANY) for name in names} for folder, names in reads.items()}
        return cls(task, folders)

    @contextmanager
    def unpacked(self) -> Iterator[Task[Any, Any]]:
        """The task with files of this machine: those at the same path if they are the same, else written anew."""
        lacking = {folder: files for folder, files in self.folders.items() if not _are_here(folder, files)}
        if not lacking:
            yield self.task
            return
        assert isinstance(self.task, ReadsFiles)
        with temporary_folder() as top:
            places = {}
            for number, (folder, files) in enumerate(lacking.items()):
                places[folder] = top / str(number) / folder.name
                places[folder].mkdir(parents=True)
                for name, content in files.items():
                    (places[folder] / name).write_bytes(content)
            moved: Task[Any, Any] = self.task.reading(places)
            yield moved


def _are_here(folder: Path, files: Mapping[str, bytes]) -> bool:
    return all(
        is_file(folder / name)
        and (folder / name).stat().st_size == len(content)
        and digest_file(folder / name, ANY) == hashlib.sha256(content).hexdigest()
        for name, content in files.items()
    )
