"""Counts of models, remembered: a model is counted once for each version of what counts it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgeface.core.progress import note, step
from edgeface.core.writing import write_file
from edgeface.devices.count import Counts, count_models
from edgeface.devices.install import cache_folder
from edgeface.devices.pins import pins_digest
from edgeface.devices.runner import Loading
from edgeface.devices.table import emulated_profile
from edgeface.errors import EdgefaceError
from edgeface.prediction.runtimes import BoardRuntime
from edgeface.reading.document import read_json
from edgeface.reading.kinds import COUNTS, MODEL
from edgeface.reading.regular_file import digest_file, is_file

Whole = Annotated[int, Field(ge=0, strict=True)]
_COUNTING = ("counts.c", "count.py", "emulator.py", "agent/models.py", "agent/ncnn_model.py", "agent/serve.py")
"""Files of edgeface.devices on which counts depend."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    counts: dict[str, Whole]


def counted(models: Sequence[Path], core: str, runtime: BoardRuntime) -> list[Counts]:
    """Counts of one inference of each model, from the cache where it has them.

    Those that it lacks are counted, in one session of the emulator for each way to load them, and kept. An entry that
    cannot be read is counted again; a cache that cannot be written is only reported.

    Args:
        models: files that the runtime reads.
        core: a device that is emulated.
        runtime: of the device.

    Raises:
        InputError: no such device, or a model is not usable.
        RuntimeFailure: nothing is cached for a model, and it cannot be counted: no emulator is set up, or the runtime
            refuses it.
    """
    entries = [entry_of(model, core, runtime) for model in models]
    found = {entry: _read(entry) for entry in entries}
    missing = {entry: model for entry, model in zip(entries, models, strict=True) if found[entry] is None}
    loadings: dict[Loading, list[Path]] = {}
    for entry, model in missing.items():
        loadings.setdefault(runtime.loading_of(model), []).append(entry)
    for loading, alike in loadings.items():
        what = f"{len(alike)} models" if len(alike) > 1 else str(missing[alike[0]])
        with step(f"counting {what} in {runtime.title} on an emulated {core.upper()}"):
            made = count_models([missing[entry] for entry in alike], core, loading)
        for entry, counts in zip(alike, made, strict=True):
            found[entry] = counts
            _write(entry, counts)
    return [counts for counts in map(found.get, entries) if counts is not None]


def is_remembered(model: Path, core: str, runtime: BoardRuntime) -> bool:
    """Whether a model's counts are in the cache.

    Raises:
        InputError: as `entry_of`.
    """
    return _read(entry_of(model, core, runtime)) is not None


def entry_of(model: Path, core: str, runtime: BoardRuntime) -> Path:
    """The file of a model's counts, in the cache of the emulated devices: named after all that they depend on.

    Raises:
        InputError: no such device, or the model is not usable.
    """
    return cache_folder() / "counts" / f"{_key(model, core, runtime)}.json"


def _key(model: Path, core: str, runtime: BoardRuntime) -> str:
    """A SHA-256 in hex of everything that the counts depend on."""
    beside = (model.with_suffix(suffix) for suffix in runtime.beside)
    files = [model, *(path for path in beside if is_file(path))]
    folder = resources.files("edgeface.devices")
    parts: dict[str, Any] = {
        "model": [digest_file(path, MODEL) for path in files],
        "runtime": [runtime.name, runtime.version, runtime.loading_of(model).path],
        "core": emulated_profile(core).model_dump(mode="json", include={"clusters", "emulator"}),
        "counting": [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _COUNTING],
        "pins": pins_digest(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _read(entry: Path) -> Counts | None:
    if not is_file(entry):
        return None
    try:
        return Counts(**_Entry.model_validate(read_json(entry, COUNTS)).counts)
    except (EdgefaceError, ValidationError, TypeError):  # of another version, or damaged
        return None


def _write(entry: Path, counts: Counts) -> None:
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        write_file(entry, json.dumps({"counts": asdict(counts)}, sort_keys=True))
    except (EdgefaceError, OSError) as error:
        note(f"the counts are not remembered: {error}")
