"""The run of a benchmark: a target at a time is built, judged and written, then all are timed side by side."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from edgeface.backends import runtime_named
from edgeface.backends.target import Target
from edgeface.benchmark.candidates import every_target
from edgeface.benchmark.describe import target_record
from edgeface.benchmark.record import BenchmarkRecord, TargetRecord, remembered, write_benchmark
from edgeface.benchmark.time import ROUNDS, timed, with_boards
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.export_images import export_images
from edgeface.compile.job import Job
from edgeface.compile.recipe_effective import record_of
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import recipe_name
from edgeface.compile.stage import Staged
from edgeface.core.artifact import Artifact
from edgeface.core.blas_threads import one_blas_thread
from edgeface.core.memory import release_memory
from edgeface.core.progress import note, track
from edgeface.core.staging import move_into_place, staging
from edgeface.core.versions import versions
from edgeface.errors import EdgefaceError, GraphError, RuntimeFailure
from edgeface.exporting.checked import Checked, checked_request
from edgeface.exporting.for_board import Predictor
from edgeface.exporting.forecasts import Forecasts
from edgeface.exporting.reports import ExportReports
from edgeface.exporting.validation import Validation
from edgeface.quantize.statistics import CalibrationStats
from edgeface.tasks import task_of

_JUDGED_BY = ("labels", "label_images", "pairs", "pair_images", "detector", "recognizer")
REFUSED = "refused-{target}.html"
"""The report of a target that was refused, in the folder of the benchmark."""


@one_blas_thread()
def run_benchmark(request: ExportRequest, *, again: bool = False, rounds: int = ROUNDS) -> BenchmarkRecord:
    """Every target of a model, judged on the same images and timed in interleaved rounds.

    What is good enough is written as by `edgeface.export`; what is not, is a row that says why. After each target
    `benchmark.json` is written, and a later run with the same inputs goes on from there.

    Args:
        request: an export; without targets every target that runs on a processor.
        again: make everything again.
        rounds: interleaved rounds of timing, at least 3.

    Raises:
        InputError, CheckpointError, ContractError, GraphError: as `edgeface.export`, but for what only a target lacks.
    """
    asked = checked_request(request if request.targets else replace(request, targets=every_target(request)))
    with export_images(asked.request, asked.recipe) as images, staging(request.out) as folder:
        job = asked.open(images)
        return _Targets(asked, job, folder, remembered(request.out, again), rounds).records()


@dataclass
class _Targets:
    """Makes the targets of one opened request, one after another."""

    asked: Checked
    job: Job
    folder: Path
    earlier: BenchmarkRecord
    rounds: int

    def records(self) -> BenchmarkRecord:
        out = self.asked.request.out
        whole, found = self._header(), {each.target: each for each in self.earlier.targets}
        for wanted in track(self.asked.targets, "targets"):
            found[wanted.name] = self._known(wanted) or self._made(wanted)
            # Those of an earlier run stay until it is their turn, so that a second interruption loses none.
            write_benchmark(out, whole.model_copy(update={"targets": tuple(found.values())}))
        whole = whole.model_copy(update={"targets": tuple(found[each.name] for each in self.asked.targets)})
        release_memory()
        whole = with_boards(timed(whole, self.asked, self.rounds), self.asked)
        write_benchmark(out, whole)
        return whole

    def _header(self) -> BenchmarkRecord:
        contract = self.job.source.contract
        recipe = record_of(self.asked.recipe, recipe_name(self.asked.request, task_of(contract).name))
        board = self.asked.board
        return BenchmarkRecord(
            model=self.asked.recipe.model,
            contract=f"{contract.family} {contract.variant}, {contract.input.height}×{contract.input.width}",
            board="" if board is None else board.title,
            images=len(self.job.images.judge_names),
            recipe=recipe.name,
            recipe_sha256=recipe.sha256,
            machine=self.earlier.machine,  # of the times that are kept; new ones replace them
            baseline=self.earlier.baseline,
            date=date.today().isoformat(),
        )

    def _key(self, wanted: Target) -> str:
        """A hash of what decides the record of a target."""
        request, source = self.asked.request, self.job.source
        parts = {
            "sources": {**source.provenance, **self.job.images.provenance()},
            "contract": source.contract.model_dump(mode="json"),
            "recipe": record_of(self.asked.recipe, "").sha256,
            "options": [request.io, request.integer_only, request.device, request.winograd, repr(request.repair)],
            "judged": [str(getattr(request, name)) for name in _JUDGED_BY],
            "versions": versions(*runtime_named(wanted.runtime).distributions),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()

    def _known(self, wanted: Target) -> TargetRecord | None:
        """What an earlier run found, if it still holds and its artifact is there."""
        record = next((each for each in self.earlier.targets if each.target == wanted.name), None)
        if record is None or record.key != self._key(wanted):
            return None
        if record.outcome == "written":
            try:
                there = Artifact.open(self.asked.folder(wanted.name)).manifest.model_sha256
            except EdgefaceError:
                return None
            if there != record.model_sha256:
                return None
        note(f"{wanted.name}: as an earlier run found it")
        return record

    def _made(self, wanted: Target) -> TargetRecord:
        record = TargetRecord(target=wanted.name, key=self._key(wanted), outcome="impossible")
        try:
            staged, forecasts = self._attempt(wanted)
        except (GraphError, RuntimeFailure) as error:  # of this target: others may do
            return record.model_copy(update={"why": f"{error.what}; {error.fix}" if error.fix else error.what})
        return target_record(record, staged, forecasts.records.get(wanted.name), task_of(self.job.source.contract))

    def _attempt(self, wanted: Target) -> tuple[Staged, Forecasts]:
        refused = self.asked.request.out / REFUSED.format(target=wanted.name)
        report = replace(self.asked.request.report, refused=refused, latency=False)
        request = replace(self.asked.request, targets=(wanted.name,), report=report)
        reports = ExportReports(self.job, request)
        validation = Validation(self.job, request, self.folder, reports)
        (staged,) = validation.attempts([build(self.job, wanted, self._stats)], self._stats)
        board = self.asked.board
        forecasts = Forecasts(None if board is None else Predictor(board))
        if staged.refusal is None:
            refused.unlink(missing_ok=True)
            forecasts.add([staged])
            reports.write([staged], self.folder, forecasts.records)
            move_into_place([(staged.folder, self.asked.folder(wanted.name))])
        return staged, forecasts

    @cached_property
    def _stats(self) -> CalibrationStats | None:
        return calibrate(self.job) if any(each.scheme for each in self.asked.targets) else None
