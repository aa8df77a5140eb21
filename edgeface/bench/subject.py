"""Subjects of a benchmark: artifact folders, or model files, of which less is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from edgeface.backends import runtime_for
from edgeface.backends.device import GPU, HERE, Device
from edgeface.backends.runtime import Processor
from edgeface.bench.fastest import Gate
from edgeface.core.artifact import CERTIFICATE, MANIFEST, Artifact, Manifest
from edgeface.core.processor import processor_here
from edgeface.cost.prices.advice import advice
from edgeface.cost.prices.processor import table_here
from edgeface.errors import InputError
from edgeface.prediction.ratio_table import ratios_of
from edgeface.prediction.ratios_known import Asked, known, quicker
from edgeface.reading.regular_file import is_file, is_folder

Arithmetic = Literal["fp32", "int8"]


@dataclass(frozen=True)
class Subject:
    """A model to time.

    `macs` (multiply–accumulates of one inference) is None where no manifest states it;
    `arithmetic` names the peak that its speed is compared with; `advice` says which target is predicted to be quicker
    on this processor; `gate` is what its certificate says of it; `manifest` is None for a bare model file.
    """

    label: str
    model: Path
    macs: int | None
    arithmetic: Arithmetic
    advice: str | None = None
    gate: Gate = "no certificate"
    manifest: Manifest | None = None


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
    opened = [_open(path, path.resolve().name if unique else str(path), processor) for path in paths]
    if on != HERE:
        return tuple(opened)
    manifests = [each.manifest for each in opened if each.manifest is not None]
    return tuple(replace(each, advice=_advice(each.manifest, manifests)) for each in opened)


def _open(path: Path, label: str, processor: Processor) -> Subject:
    if is_folder(path) or (is_file(path) and is_file(path.parent / MANIFEST)):
        artifact = Artifact.open(path)
        if is_folder(path) or artifact.model_path.resolve() == path.resolve():
            integer = artifact.manifest.quantization is not None
            arithmetic: Arithmetic = "int8" if integer else "fp32"
            return Subject(
                label,
                artifact.model_path,
                artifact.manifest.macs,
                arithmetic,
                gate=_gate(artifact),
                manifest=artifact.manifest,
            )
    if not is_file(path):
        raise InputError("there is no such artifact or model file", where=str(path))
    runtime_for(path, processor).refuse_others(path)
    return Subject(label, path, None, "fp32")


def _advice(manifest: Manifest | None, measured: Sequence[Manifest]) -> str | None:
    """Which target is known or predicted to be quicker here, of those that are not measured now."""
    if manifest is None:
        return None
    beside = {each.target for each in measured if (each.name, each.macs) == (manifest.name, manifest.macs)}
    table = ratios_of(processor_here())
    asked = Asked(manifest.name, manifest.contract.task, manifest.macs)
    if table is not None and manifest.target in known(table, asked).took:
        found = quicker(table, asked, manifest.target)
        return None if found is None or found.target in beside else found.sentence
    return advice(manifest.quantization, table_here()) if len(beside) == 1 else None


def _gate(artifact: Artifact) -> Gate:
    if not is_file(artifact.folder / CERTIFICATE):
        return "no certificate"
    return "passed" if artifact.certificate().passed else "refused"
