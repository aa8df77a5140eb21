"""Artifacts that tests read and none changes: each is exported once in a session, by the worker that asks first."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from edgeface.compile.request import ExportRequest
from edgeface.core.artifact import Artifact
from edgeface.exporting.export import export


class SharedExports:
    """`export` with a memory: what was exported for the same request is opened again, whichever worker made it."""

    def __init__(self, folder: Path) -> None:
        """Remember in `folder`, which all workers of a session share."""
        self._folder = folder
        self._seen: dict[Path, tuple[int, int]] = {}

    def __call__(self, request: ExportRequest) -> list[Artifact]:
        """Artifacts in the order of the request's targets, to be read only; a test that changes one copies it.

        The request's `out` is not looked at. What other targets of the same request were exported before is kept.
        """
        assert request.save_statistics is None, "what writes further files cannot be remembered"
        assert request.report.refused is None, "what writes further files cannot be remembered"
        group = self._folder / _digest(request)
        with _locked(group):
            missing = [target for target in request.targets if not list(group.glob(f"*-{target}"))]
            if missing:
                group.mkdir(exist_ok=True)
                for made in export(replace(request, targets=tuple(missing), out=_unfinished(group))):
                    made.folder.rename(group / made.folder.name)
        found = [Artifact.open(next(group.glob(f"*-{target}"))) for target in request.targets]
        for artifact in found:
            self._seen = {**_state(artifact.folder), **self._seen}
        return found

    def changed(self) -> list[Path]:
        """Files that this worker was given and that are no longer what they were."""
        folders = {path.parent for path in self._seen}
        now = {path: state for folder in folders for path, state in _state(folder).items()}
        return sorted(path for path in now.keys() | self._seen.keys() if now.get(path) != self._seen.get(path))


def _digest(request: ExportRequest) -> str:
    """The request but for its targets and its folder, whose repr says all of it."""
    asked = replace(request, targets=(), out=Path())
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:16]


def _state(folder: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of change of each file in a folder."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.iterdir()}


def made_once(folder: Path, make: Callable[[Path], object]) -> Path:
    """A folder that the first worker fills by `make`, and that the others wait for."""
    with _locked(folder):
        if not folder.is_dir():
            unfinished = _unfinished(folder)
            shutil.rmtree(unfinished, ignore_errors=True)  # of a worker that failed
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def _unfinished(folder: Path) -> Path:
    return folder.with_suffix(".new")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
