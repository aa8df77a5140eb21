"""What an export's models take on a class of processors: measured if it is this one's, else by a table of ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edgeface.bench.result import describe_machine
from edgeface.compile.build import Built
from edgeface.compile.job import Job
from edgeface.compile.stage import Staged, write_model
from edgeface.core.processor_record import Basis, ProcessorRecord, TargetRecord, Took
from edgeface.core.progress import note
from edgeface.errors import EdgefaceError
from edgeface.exporting.for_processor import Wanted
from edgeface.exporting.stopwatch import Stopwatch
from edgeface.prediction.ratios_known import Asked, Known, Quicker, known, quicker


class ProcessorTimes:
    """Tells what models take, and what that rests on.

    Args:
        job: the export.
        wanted: the class of processors.
        folder: for temporary files.
    """

    def __init__(self, job: Job, wanted: Wanted, folder: Path) -> None:
        self.wanted = wanted
        self._job, self._folder = job, folder
        self._stopwatch = Stopwatch(job, folder)
        self._asked = Asked(job.recipe.model, job.source.contract.task, job.graph.macs())
        table = wanted.table
        nothing = Known({}, f"nothing was measured on {wanted.title}")
        self._known = nothing if table is None else known(table, self._asked)
        self._basis: Basis = "predicted" if self._known.took else "not known"
        self._failure: str | None = None

    @property
    def basis(self) -> Basis:
        """Of the times that were told last."""
        return self._basis

    @property
    def unknown(self) -> str:
        """Why the time of a candidate is not known."""
        return self._failure or f"not known on {self.wanted.title}: it was not measured there"

    def took(self, models: Mapping[str, Built | None]) -> Mapping[str, Took]:
        """What targets take on the processor; those of which nothing is known are left out.

        Args:
            models: by target; None where a model is not built, which is enough where nothing is measured.
        """
        by_table = {name: took for name, took in self._known.took.items() if name in models}
        if not self.wanted.here:
            return by_table
        paths = {
            name: write_model(self._job, built, self._folder) for name, built in models.items() if built is not None
        }
        try:
            measured = self._stopwatch.took(paths)
        except EdgefaceError as error:
            self._failure = f"not measured: {error.what}"
            note(self._failure)
            return by_table
        self._basis = "measured here"
        return measured

    def record(self, staged: Staged, targets: Sequence[TargetRecord], why: str) -> ProcessorRecord:
        """The record beside an artifact."""
        return ProcessorRecord(
            model_sha256=staged.manifest.model_sha256,
            device=self.wanted.device,
            title=self.wanted.title,
            basis=self.basis,
            evidence=self._evidence,
            targets=tuple(targets),
            why=why,
        )

    def quicker(self, target: str) -> Quicker | None:
        """The target that a table knows to be quicker than this one; None where it knows none."""
        return None if self.wanted.table is None else quicker(self.wanted.table, self._asked, target)

    @property
    def _evidence(self) -> str:
        if self.basis != "measured here":
            return f"{self._known.evidence}; nothing was timed on such a processor by this export"
        return (
            f"measured on {describe_machine()['processor']}, one thread, interleaved rounds in separate "
            f"processes; the ratios are to onnx-fp32 of the same network, with their 95 % intervals"
        )
