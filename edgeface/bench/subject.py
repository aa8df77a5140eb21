"""Subjects of a benchmark: artifact folders, or model files, of which less is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgeface.backends import runtime_for
from edgeface.backends.device import GPU, HERE, Device
from edgeface.backends.runtime import Processor
from edgeface.bench.fastest import Gate
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Artifact
from edgeface.cost.prices.advice import advice
from edgeface.cost.prices.processor import table_here
from edgeface.errors import InputError
from edgeface.reading.regular_file import is_file, is_folder

Arithmetic = Literal["fp32", "int8"]


@dataclass(frozen=True)
class Subject:
    """A model to time.

    `macs` (multiply–accumulates of one inference) is None where no manifest states it;
    `arithmetic` names the peak that its speed is compared with; `advice` says which target is predicted to be quicker
    on this processor; `gate` is what its certificate says of it.
    """

    label: str
    model: Path
    macs: int | None
    arithmetic: Arithmetic
    advice: str | None = None
    gate: Gate = "no certificate"


def open_subjects(paths: Sequence[Path], on: Device = HERE) -> tuple[Subject, ...]:
    """The artifacts or model files to time; labels are names, or whole paths where names are equal.

    Args:
        paths: artifact folders, or model files that a runtime on that device runs.
        on: the device that runs them.

    Raises:
        InputError: there are no models, the same model is given twice, or one cannot be opened.
    """
    if not paths:
        raise InputError("nothing to measure", fix="pass artifact folders or model files")
    resolved = [path.resolve() for path in paths]
    twice = next((path for path in paths if resolved.count(path.resolve()) > 1), None)
    if twice is not None:
        raise InputError("the same model is given twice", where=str(twice), fix="pass each model once")
    names = [path.name for path in resolved]
    unique = len(set(names)) == len(names)
    processor: Processor = "gpu" if on == GPU else "cpu"
    here = on == HERE
    return tuple(_open(path, path.resolve().name if unique else str(path), processor, here) for path in paths)


def _open(path: Path, label: str, processor: Processor, here: bool) -> Subject:
    if is_folder(path) or (is_file(path) and is_file(path.parent / MANIFEST)):
        artifact = Artifact.open(path)
        if is_folder(path) or artifact.model_path.resolve() == path.resolve():
            integer = artifact.manifest.quantization is not None
            said = advice(artifact.manifest.quantization, table_here()) if here else None
            arithmetic: Arithmetic = "int8" if integer else "fp32"
            return Subject(label, artifact.model_path, artifact.manifest.macs, arithmetic, said, _gate(artifact))
    if not is_file(path):
        raise InputError("there is no such artifact or model file", where=str(path))
    runtime_for(path, processor).refuse_others(path)
    return Subject(label, path, None, "fp32")


def _gate(artifact: Artifact) -> Gate:
    if not is_file(artifact.folder / CERTIFICATE):
        return "no certificate"
    return "passed" if artifact.certificate().passed else "refused"
