"""What a target builds beyond its model files, once these are good enough: engines for kinds of devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeface.backends.runtime import Processor, Runner
from edgeface.core.requirement import Requirement


@dataclass(frozen=True)
class Finishing:
    """What there is to build from.

    Attributes:
        target: the target's name.
        files: the emitted model files by name.
        folder: the staged artifact, for what is built.
        options: what the export was asked for in `ExportRequest.engines`.
        judge: compares a runner with the reference, on the images that judge the artifact; gives the requirements that
            the artifact's own thresholds make, and the findings as JSON. The text says what runs.
        emit: the files of another target for the same network.
    """

    target: str
    files: Mapping[str, bytes]
    folder: Path
    options: Any
    judge: Callable[[Runner, str], tuple[list[Requirement], dict[str, Any]]]
    emit: Callable[[str], Mapping[str, bytes]]


@dataclass(frozen=True)
class Finished:
    """What was built: requirements for the gate, facts for the manifest, and what the certificate says."""

    requirements: list[Requirement]
    manifest: dict[str, Any]
    certificate: dict[str, Any]


@dataclass(frozen=True)
class Finish:
    """How a target's engines are built.

    Attributes:
        processor: what the engines are for.
        check: refuses options that cannot be built here, before anything is calibrated; the text names the target.
        build: builds them into the staged folder.
        words: the options as the command line spells them, but for those that have their defaults.
        untimed: why a report shows no latency of such an artifact.
        failed: where a requirement of its own was missed, and what to do, for the error.
    """

    processor: Processor
    check: Callable[[Any, str], None]
    build: Callable[[Finishing], Finished]
    words: Callable[[Any], Iterable[str]]
    untimed: str
    failed: tuple[str, str]
