"""Engines: what a target builds in addition to its model files, once these passed the gate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.runtime import Processor, Runner
from edgeface.core.requirement import Requirement


@dataclass(frozen=True)
class Finishing:
    """Inputs of a build.

    Attributes:
        target: name of the target.
        files: the emitted model files by name.
        folder: staged artifact folder, for the output.
        options: `ExportRequest.engines` of the export.
        judge: compares a runner, named by the text, with the reference on the evaluation images; returns the
            requirements from the artifact's thresholds, and the findings as JSON.
        emit: returns the files of another target for the same network.
    """

    target: str
    files: Mapping[str, bytes]
    folder: Path
    options: Any
    judge: Callable[[Runner, str], tuple[list[Requirement], dict[str, Any]]]
    emit: Callable[[str], Mapping[str, bytes]]


@dataclass(frozen=True)
class Finished:
    """Result of a build: requirements for the gate, and entries for the manifest and the certificate."""

    requirements: list[Requirement]
    manifest: dict[str, Any]
    certificate: dict[str, Any]


@dataclass(frozen=True)
class Finish:
    """A target's way to build engines.

    Attributes:
        processor: processor that the engines are for.
        check: rejects options that cannot be built here, before calibration; the text names the target.
        build: builds the engines into the staged folder.
        words: the options as command-line arguments, without defaults.
        untimed: reason why a report shows no latency of such an artifact.
        failed: where an engine's own requirement failed, and the fix, for the error.
        options: the options of the command line that it uses.
    """

    processor: Processor
    check: Callable[[Any, str], None]
    build: Callable[[Finishing], Finished]
    words: Callable[[Any], Iterable[str]]
    untimed: str
    failed: tuple[str, str]
    options: frozenset[str] = frozenset()
